-- A Redis that was killed comes back without what it had answered for but not yet written to its
-- file: its last second, or a little more. It knows nothing of the leases of that time, though their
-- transfers go on. So nothing is given out until they have ended.
--
-- server  hash: run (what Redis calls itself since it began), quiet (until when nothing is given out)

local SERVER = PREFIX .. 'server'
local UNWRITTEN_MS = 2000   -- while the disk is busy Redis puts writing off for so long at the most

-- Return when the last lease that was given before a restart has ended, as far as one can know: the
-- workers were heard of until then, and may have said more that was lost.
local function last_lease_end()
  local last = 0
  for _, job in ipairs(redis.call('SMEMBERS', PREFIX .. 'jobs')) do
    local heard = redis.call('ZREVRANGE', of_job(job, 'workers'), 0, 0, 'WITHSCORES')[2]
    local lease = within(redis.call('HGET', of_job(job, 'info'), 'lease'), LEASE_MS, 0, DAY_MS)
    if heard then last = math.max(last, within(heard, 0, 0, NOW) + UNWRITTEN_MS + lease) end
  end
  return last
end

-- Return until when nothing is given out.
local function quiet_until()
  return within(redis.call('HGET', SERVER, 'quiet'), 0, 0, NOW + 2 * DAY_MS)
end

-- A Redis that does not know this program has just begun, unless it was told to forget it or is given
-- a new one. Looked up before this call is heard of as well, and noted after its first write.
local new_run, new_quiet = nil, nil
if WAS_UNKNOWN then
  new_run = string.match(redis.call('INFO', 'server'), 'run_id:(%x+)')
  if new_run == redis.call('HGET', SERVER, 'run') then new_run = nil end
  new_quiet = math.max(quiet_until(), last_lease_end())
end

local function note_restart()
  if not new_run then return end
  redis.call('HSET', SERVER, 'run', new_run, 'quiet', string.format('%.3f', new_quiet))
end
