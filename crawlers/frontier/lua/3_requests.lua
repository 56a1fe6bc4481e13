-- Requests: admitted once, ready or waiting, given back, or dead.

local function pack(seq, priority, host, units, payload)
  return cmsgpack.pack(seq, priority, host, units, payload)
end

-- Return seq, priority, host, units and payload; nothing for what is not as `pack` made it.
local function unpacked(packed)
  if not packed then return nil end
  local fine, seq, priority, host, units, payload = pcall(cmsgpack.unpack, packed)
  if fine and type(seq) == 'number' and type(priority) == 'number' and type(host) == 'string'
    and type(units) == 'string' and type(payload) == 'string' then
    return seq, priority, host, units, payload
  end
end

local function entry(id) return unpacked(redis.call('HGET', DATA, id)) end

local offered = {}   -- hosts that are in the job's ring for sure

-- Among equal priorities the order of admission counts: it is the first part of the member.
local function member(seq, id) return struct.pack('>I6', seq) .. id end
local function id_of(found) return string.sub(found, 7) end

-- A suspect's member says its host, too: to pass over closed ones is cheap then.
local function suspect(seq, id, host) return struct.pack('>I6I2', seq, #id) .. id .. host end
local function id_and_host_of(found)
  local _, length, begin = struct.unpack('>I6I2', found)
  return string.sub(found, begin, begin + length - 1), string.sub(found, begin + length)
end

local function offer(id, seq, priority, host)
  redis.call('ZADD', ready(host), -priority, member(seq, id))
  if not offered[host] then
    offered[host] = true
    touched[host] = true
    if redis.call('ZADD', RING, 'NX', NOW, host) == 1 then
      redis.call('SADD', jobs_key(host), JOB)
      before[JOB .. ' ' .. host] = before[JOB .. ' ' .. host] or '1e300'
    end
  end
end

local function queue(id, seq, priority, host, wait)
  if wait > 0 then
    redis.call('ZADD', WAITING, NOW + wait, id)
    news[JOB] = true
  else
    offer(id, seq, priority, host)
  end
end

-- Admit *number* requests from the arguments (id, host, priority, wait, payload). Return how many
-- were new: what is seen is queued in the same step, so nothing can be the one without the other.
local function admit(units, total)
  local seq = redis.call('HINCRBY', INFO, 'seq', total) - total
  local added = 0
  for _ = 1, total do
    local id, host, priority, wait, payload = arg(), arg(), number(), number(), arg()
    seq = seq + 1
    if redis.call('SADD', SEEN, id) == 1 then
      added = added + 1
      redis.call('HSET', DATA, id, pack(seq, priority, host, units, payload))
      queue(id, seq, priority, host, wait)
    end
  end
  if added > 0 then
    count('open', added)
    count_units(units, 'open', added)
  end
  return added
end

-- What ended in this call is removed at once, before somebody looks: a command costs more than what
-- it does.
local gone, unleased, done, freed = {}, {}, {}, {}

local function owns(id, token)
  return not gone[id] and redis.call('HGET', OWNER, id) == token
end

local function unlease(id, token, host)
  gone[id] = true
  unleased[#unleased + 1] = id
  if token then
    freed[host] = freed[host] or {}
    freed[host][#freed[host] + 1] = token
  end
end

local function sweep()
  if #unleased > 0 then
    redis.call('ZREM', LEASES, unpack(unleased))
    redis.call('HDEL', OWNER, unpack(unleased))
  end
  if #done > 0 then
    redis.call('HDEL', DATA, unpack(done))
    redis.call('HDEL', TRIES, unpack(done))
  end
  for host, tokens in pairs(freed) do
    lapse(host)
    if redis.call('ZREM', busy_key(host), unpack(tokens)) > 0 then touched[host] = true end
  end
  gone, unleased, done, freed = {}, {}, {}, {}
end

local function explain(units, reason)
  for unit in string.gmatch(units, '[^,]+') do redis.call('HSETNX', units_key('why'), unit, reason) end
end

local function bury(id, units, reason)
  redis.call('ZADD', DEAD, NOW, id)
  count('open', -1)
  count('dead', 1)
  count_units(units, 'open', -1)
  count_units(units, 'failed', 1)
  explain(units, reason)
end

-- Give a request back. A lease that came to nothing counts as an attempt; the last one is the end.
-- Whose worker was lost is a *suspect*: it may be what ends workers. At the second time it is to be a
-- worker's only request, so that nothing else comes to its last attempt with it.
local function give_back(id, wait, counted, reason, is_suspect)
  local seq, priority, host, units = entry(id)
  if not seq then
    redis.call('HSET', TRIES, id, '0 its entry in Redis cannot be read')
    return bury(id, '', '')
  end
  local tries = within(string.match(redis.call('HGET', TRIES, id) or '', '^%d+'), 0, 0, 1e6)
  if counted then
    tries = tries + 1
    redis.call('HSET', TRIES, id, tries .. ' ' .. reason)
    if tries >= ATTEMPTS then return bury(id, units, reason) end
  end
  if is_suspect then
    touched[host] = true
    redis.call('ZADD', tries > 1 and SOLO or SUSPECTS, -priority, suspect(seq, id, host))
    news[JOB] = true
  else
    queue(id, seq, priority, host, wait)
  end
end

local function reap()
  for _, id in ipairs(redis.call('ZRANGEBYSCORE', LEASES, '-inf', NOW, 'LIMIT', 0, CHUNK)) do
    unlease(id)
    count('lost', 1)
    give_back(id, 0, true, 'its worker died, hung or was cut off', true)
  end
  sweep()
end

local function move_due()
  for _, id in ipairs(redis.call('ZRANGEBYSCORE', WAITING, '-inf', NOW, 'LIMIT', 0, CHUNK)) do
    redis.call('ZREM', WAITING, id)
    local seq, priority, host = entry(id)
    if seq then offer(id, seq, priority, host) else give_back(id, 0, false, '') end
  end
end
