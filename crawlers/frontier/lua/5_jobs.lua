-- Jobs: who works on one, its units, how it is paused, ended and forgotten.

local UNITS = { 'open', 'done', 'failed', 'blocked', 'why' }
local BIGINT_DIGITS = 19   -- a number of fewer digits is one of the database's for sure
local TELLS_MS = 10000   -- who fetches an ended unit has so long to tell it to the database

local function keys_of_job()
  local keys = { INFO, SEEN, DATA, RING, WAITING, LEASES, OWNER, TRIES, SUSPECTS, DEAD, ENDED,
    WORKERS, HUNGRY, HOSTS, SOLO }
  for _, name in ipairs(UNITS) do keys[#keys + 1] = units_key(name) end
  return keys
end

-- join: begin or enter the job. Returns its state, whether all its seeds are there, whether it has
-- just been made, and when it was.
function ops.join()
  local is_new = STATE == 'gone'
  if is_new then
    STATE = 'running'
    redis.call('HSET', INFO, 'state', STATE, 'created', string.format('%.3f', NOW))
    redis.call('SADD', PREFIX .. 'jobs', JOB)
    for _, job in ipairs(redis.call('SMEMBERS', PREFIX .. 'jobs')) do
      if redis.call('EXISTS', of_job(job, 'info')) == 0 then
        redis.call('SREM', PREFIX .. 'jobs', job)   -- its dead requests have been kept long enough
      end
    end
  end
  local info = redis.call('HMGET', INFO, 'seeded', 'created', 'lease')
  redis.call('HSET', INFO, 'lease', math.max(LEASE_MS, within(info[3], 0, 0, DAY_MS)))
  return { STATE, info[1] and 1 or 0, is_new and 1 or 0, info[2] or '' }
end

function ops.part()
  redis.call('ZREM', WORKERS, WORKER)
  redis.call('SREM', HUNGRY, WORKER)
  WORKER = ''
  return 1
end

-- seed UNIT ID HOST PRIORITY WAIT PAYLOAD: the one request that a unit begins with. Returns 1, or 0
-- for a unit that is known and in a job that has ended, or 2 for one whose request another unit has
-- asked for: it ends at once.
function ops.seed()
  local unit = tostring(arg())
  local is_known = unit_counts.open[unit] or redis.call('HEXISTS', units_key('open'), unit) == 1
  if STATE == 'gone' or STATE == 'ended' or is_known then
    skip(FIELDS_OF_CHILD)
    return 0
  end
  if admit(unit, 1) == 1 then return 1 end
  redis.call('HSET', units_key('open'), unit, 0)
  redis.call('HSET', units_key('why'), unit, 'another unit asks for the same')
  redis.call('ZADD', ENDED, 0, unit)
  return 2
end

-- Wake the workers where the next lease call ends the job.
local function see_the_end()
  write_counts()
  local info = redis.call('HMGET', INFO, 'open', 'seeded')
  local is_over = tonumber(info[1] or 0) == 0 and info[2]
  if is_over and redis.call('EXISTS', ENDED) == 0 then news[JOB] = true end
end

-- seeded: every seed has been admitted; from now on the job can come to its end.
function ops.seeded()
  if STATE ~= 'gone' then redis.call('HSETNX', INFO, 'seeded', 1) end
  see_the_end()
  return 1
end

-- state TO: running, paused or draining. Returns the state after that; ended stays ended.
function ops.state()
  local to = arg()
  if STATE ~= 'gone' and STATE ~= 'ended' then
    STATE = to
    redis.call('HSET', INFO, 'state', to)
    redis.call('PUBLISH', PREFIX .. 'wake:' .. JOB, '')
  end
  return STATE
end

-- units MOST: ended units whose end the caller is to tell: unit, until when that is the caller's, and
-- done, failed, blocked, why of each.
function ops.units()
  local out = {}
  write_counts()
  local found = redis.call('ZRANGEBYSCORE', ENDED, '-inf', NOW, 'LIMIT', 0, number())
  for _, unit in ipairs(found) do
    if string.match(unit, '^%d+$') and #unit < BIGINT_DIGITS then
      local ours = string.format('%.3f', NOW + TELLS_MS)
      redis.call('ZADD', ENDED, ours, unit)
      out[#out + 1] = unit
      out[#out + 1] = ours
      for place = 2, #UNITS do
        out[#out + 1] = redis.call('HGET', units_key(UNITS[place]), unit) or ''
      end
    else
      redis.call('ZREM', ENDED, unit)   -- not one of ours
    end
  end
  return out
end

-- told COUNT (UNIT UNTIL)*: the database knows, unless the unit has ended once more since.
function ops.told()
  for _ = 1, number() do
    local unit, ours = arg(), number()
    local score = redis.call('ZSCORE', ENDED, unit)
    if score and tonumber(score) == ours then redis.call('ZREM', ENDED, unit) end
  end
  see_the_end()
  return 1
end

-- dead FIRST COUNT: id, when it died, tries and reason, payload of each, the oldest first.
function ops.dead()
  local out, first, total = {}, number(), number()
  local found = redis.call('ZRANGE', DEAD, first, first + total - 1, 'WITHSCORES')
  for place = 1, #found, 2 do
    local id = found[place]
    local _, _, _, _, payload = entry(id)
    out[#out + 1] = id
    out[#out + 1] = found[place + 1]
    out[#out + 1] = redis.call('HGET', TRIES, id) or ''
    out[#out + 1] = payload or redis.call('HGET', DATA, id) or ''
  end
  return out
end

-- units_of COUNT (ID)*: the units that requests belong to; '' for one that cannot be read.
function ops.units_of()
  local out = {}
  for place = 1, number() do
    local _, _, _, units = entry(arg())
    out[place] = units or ''
  end
  return out
end

local function revive(id)
  local seq, priority, host, units = entry(id)
  if not seq or redis.call('ZREM', DEAD, id) == 0 then return nil end
  redis.call('HDEL', TRIES, id)
  offer(id, seq, priority, host)
  count('open', 1)
  count('dead', -1)
  count_units(units, 'open', 1)
  count_units(units, 'failed', -1)
  for unit in string.gmatch(units, '[^,]+') do redis.call('ZREM', ENDED, unit) end
  return units
end

-- retry COUNT (ID)*: dead requests live again; an ended job goes on. Returns the units of each.
function ops.retry()
  local out = {}
  for _ = 1, number() do
    local units = revive(arg())
    if units then out[#out + 1] = units end
  end
  if #out > 0 and STATE == 'ended' then
    STATE = 'running'
    redis.call('HSET', INFO, 'state', STATE)
    for _, key in ipairs(keys_of_job()) do redis.call('PERSIST', key) end
  end
  return out
end

-- discard: give a job up wherever it stands, some of its hosts at a time. Returns how many are left.
function ops.discard()
  if STATE == 'gone' then return 0 end
  STATE = 'ended'
  redis.call('HSET', INFO, 'state', STATE)
  for _, host in ipairs(redis.call('ZRANGE', RING, 0, CHUNK - 1)) do
    redis.call('UNLINK', ready(host))
    redis.call('ZREM', RING, host)
    redis.call('SREM', jobs_key(host), JOB)
  end
  redis.call('PUBLISH', PREFIX .. 'wake:' .. JOB, '')
  return redis.call('ZCARD', RING)
end

-- forget KEEP: remove what is left of an ended job, or of one in which nothing was ever queued; while
-- it has dead requests, only after KEEP ms.
function ops.forget()
  local keep = number()
  if STATE ~= 'ended' and redis.call('HEXISTS', INFO, 'seq') == 1 then return 0 end
  local stays = keep > 0 and redis.call('ZCARD', DEAD) > 0
  for _, key in ipairs(keys_of_job()) do
    if stays then redis.call('PEXPIRE', key, keep) else redis.call('UNLINK', key) end
  end
  if not stays then redis.call('SREM', PREFIX .. 'jobs', JOB) end
  WORKER = ''
  STATE = 'gone'
  return stays and 2 or 1
end
