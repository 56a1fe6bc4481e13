-- A Redis that was killed, or took over from another, may have lost the last that it answered for. It
-- knows nothing of the leases of that time, though their transfers go on, nor of the delays that began.
-- So after it has begun nothing is given out for as long as a lease, and a host with a delay is closed
-- for as long as that.
--
-- server  hash: run (what Redis calls itself since it began), began (when that was seen, if there were
--         jobs), lease (the longest of theirs)

local SERVER = PREFIX .. 'server'

local function longest_lease()
  local longest = 0
  for _, job in ipairs(redis.call('SMEMBERS', PREFIX .. 'jobs')) do
    local lease = redis.call('HGET', of_job(job, 'info'), 'lease')
    longest = math.max(longest, within(lease, LEASE_MS, 0, DAY_MS))
  end
  return longest
end

local about_server = redis.call('HMGET', SERVER, 'began', 'lease')
local BEGAN = within(about_server[1], 0, 0, math.huge)
if BEGAN > NOW then BEGAN = 0 end   -- none of ours
local QUIET_UNTIL = BEGAN + within(about_server[2], 0, 0, DAY_MS)

-- See whether this Redis is another one than before. Each worker asks for that at first, and whenever
-- a call has failed: before a lease is given out, one of them has asked.
local function see_restart()
  local run = string.match(redis.call('INFO', 'server'), 'run_id:(%x+)') or 'unknown'
  if run == redis.call('HGET', SERVER, 'run') then return end
  local lease = longest_lease()
  BEGAN = lease > 0 and NOW or 0
  QUIET_UNTIL = BEGAN + lease
  redis.call('HSET', SERVER, 'run', run, 'began', string.format('%.3f', BEGAN), 'lease', lease)
end
