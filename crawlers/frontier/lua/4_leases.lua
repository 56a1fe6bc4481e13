-- Leases: a request is one worker's for a time, under a token; who has another one cannot end it.

local ROUNDS = 10   -- so often at most a call looks for hosts that are open
local hungry = false   -- whether the caller got less than it wanted

-- Give requests of one host out; append them to *out*. Return how many could be read.
local function grant(ids, host, delay, suspect, out)
  local leases, owners, places = {}, {}, {}
  local last = redis.call('HINCRBY', INFO, 'leases', #ids) - #ids
  for place, packed in ipairs(redis.call('HMGET', DATA, unpack(ids))) do
    local id = ids[place]
    local _, _, _, units, payload = unpacked(packed)
    if not units then
      give_back(id, 0, false, '')
    else
      local token = string.format('%s:%.3f:%d', WORKER, NOW, last + place)
      local at_end = #leases
      leases[at_end + 1], leases[at_end + 2] = LEASE_END, id
      owners[at_end + 1], owners[at_end + 2] = id, token
      places[at_end + 1], places[at_end + 2] = LEASE_END, token
      local n = #out
      out[n + 1], out[n + 2], out[n + 3], out[n + 4] = id, token, host, units
      out[n + 5], out[n + 6], out[n + 7] = delay, suspect, payload
      if delay > 0 then redis.call('HSET', host_key(host), 'unsent', token) end
    end
  end
  if #leases > 0 then
    redis.call('ZADD', LEASES, unpack(leases))
    redis.call('HSET', OWNER, unpack(owners))
    redis.call('ZADD', busy_key(host), unpack(places))
  end
  return #leases / 2
end

-- Lease one suspect out of *key*, if the host of one is free. Who has one gets no second. Return how
-- many were taken, and when to look again.
local function take_suspect(key, out)
  local again, closed, first = math.huge, {}, 0
  while true do
    local some = redis.call('ZRANGE', key, first, first + CHUNK - 1)
    for _, found in ipairs(some) do
      local id, host = id_and_host_of(found)
      if not closed[host] then
        local free, _, delay, opens = look(host)
        if free > 0 then
          redis.call('ZREM', key, found)
          touched[host] = true
          return grant({ id }, host, delay, key == SOLO and 2 or 1, out), NOW
        end
        closed[host] = true
        again = math.min(again, opens)
      end
    end
    if #some < CHUNK then return 0, again end
    first = first + CHUNK
  end
end

-- Lease requests of *host*: *slots* that are sent at once, and *spare* ones to have in stock, which
-- take only places above half of the limit, and none of a host with a delay. Where others got too
-- little, of this job or of another one, leave them their share. Append the leases to *out*, return
-- how many.
local function take(host, slots, spare, out)
  local free, limit, delay = look(host)
  local others = hungry_at(host)
  touched[host] = true
  if delay > 0 then
    free = math.min(free, 1)
    spare = 0
  end
  if others > 0 then
    slots = math.min(slots, math.ceil(free / (1 + others)))
    spare = 0
  end
  slots = math.min(free, slots)
  local wanted = slots + math.max(0, math.min(spare, free - slots - math.ceil(limit / 2)))
  if wanted < 1 then return 0 end
  local ids = {}
  for place, found in ipairs(redis.call('ZPOPMIN', ready(host), math.min(wanted, CHUNK))) do
    if place % 2 == 1 then ids[#ids + 1] = id_of(found) end   -- the others are scores
  end
  local taken = #ids > 0 and grant(ids, host, delay, 0, out) or 0
  if redis.call('EXISTS', ready(host)) == 0 then
    redis.call('ZREM', RING, host)
    redis.call('SREM', jobs_key(host), JOB)
    offered[host] = nil
  end
  return taken
end

-- Take from hosts in the order in which they became free: first an equal share from each.
local function take_turns(slots, spare, out)
  local hosts = redis.call('ZRANGEBYSCORE', RING, '-inf', NOW, 'LIMIT', 0, slots + spare)
  local share = math.ceil((slots + spare) / math.max(1, #hosts))
  local shares = { share, slots + spare }
  for round = 1, #hosts > 1 and 2 or 1 do
    for _, host in ipairs(hosts) do
      local now, stock = math.min(shares[round], slots), math.min(shares[round], spare)
      local taken = now + stock > 0 and take(host, now, stock, out) or 0
      spare = spare - math.max(0, taken - slots)
      slots = math.max(0, slots - taken)
    end
  end
  return slots + spare
end

local function first_score(key)
  local found = redis.call('ZRANGE', key, 0, 0, 'WITHSCORES')
  return found[2] and tonumber(found[2]) or math.huge
end

-- Take from the hosts that seem to be open, and from the next ones where all of those turn out to be
-- closed: the ring does not know yet of a delay that began with the end of a lease.
local function take_open(slots, spare, out)
  local left
  for _ = 1, ROUNDS do
    left = take_turns(slots, spare, out)
    settle()
    if #out > 0 or slots == 0 or first_score(RING) > NOW then break end
  end
  return left
end

-- lease SLOTS SPARE ALONE: requests that can be sent at once, and so many to have in stock; ALONE 2
-- when the worker has nothing, 1 when it has no suspect, or else 0.
-- Returns the job's state, how many are open, how many units wait to be told, whether all seeds are
-- there, how many other workers got too little, ms until something may come (-1: nothing in sight),
-- then of each id, token, host, units, delay, whether it is a suspect (1, or 2 for one that is to be
-- the worker's only request), payload.
function ops.lease()
  local slots, spare, alone = number(), number(), number()
  redis.call('SREM', HUNGRY, WORKER)
  local out, due, others = {}, math.huge, redis.call('SCARD', HUNGRY)
  if STATE == 'gone' then return { STATE, 0, 0, 0, 0, -1, out } end
  redis.call('ZREMRANGEBYSCORE', WORKERS, '-inf', NOW - FORGOTTEN * LEASE_MS)
  sweep()
  reap()
  move_due()
  settle()
  local left = slots + spare
  if STATE == 'running' and left > 0 and QUIET_UNTIL <= NOW then
    local taken, again = 0, math.huge
    if alone == 2 and slots > 0 then taken, due = take_suspect(SOLO, out) end
    if taken == 1 then
      left = 0
      settle()
    else
      if alone > 0 and slots > 0 then taken, again = take_suspect(SUSPECTS, out) end
      due = math.min(due, again)
      left = take_open(slots - taken, spare, out)
    end
  end
  write_counts()
  local info = redis.call('HMGET', INFO, 'open', 'seeded')
  local open, telling = tonumber(info[1] or 0), redis.call('ZCARD', ENDED)
  if STATE ~= 'ended' and open == 0 and info[2] and telling == 0 then
    STATE = 'ended'
    redis.call('HSET', INFO, 'state', STATE)
    redis.call('PUBLISH', PREFIX .. 'wake:' .. JOB, '')
  end
  hungry = left > 0 and STATE == 'running'   -- `state` wakes all when that changes
  due = math.min(due, first_score(RING), first_score(WAITING), first_score(LEASES))
  if QUIET_UNTIL > NOW then due = QUIET_UNTIL end
  due = due == math.huge and -1 or math.max(0, math.ceil(due - NOW))
  return { STATE, open, telling, info[2] and 1 or 0, others, due, out }
end

-- renew COUNT (ID TOKEN HOST)*: returns the ids that are no longer the worker's.
function ops.renew()
  local lost = {}
  for _ = 1, number() do
    local id, token, host = arg(), arg(), arg()
    -- Who comes too late has lost the place, even if nobody has taken the request yet.
    if owns(id, token) and tonumber(redis.call('ZSCORE', LEASES, id)) > NOW then
      redis.call('ZADD', LEASES, 'XX', LEASE_END, id)
      redis.call('ZADD', busy_key(host), 'XX', LEASE_END, token)
      touched[host] = true
    else
      lost[#lost + 1] = id
    end
  end
  return lost
end

local FIELDS_OF_CHILD = 5

-- extend ID TOKEN UNITS COUNT (child)*: children of a request with very many of them, ahead of its
-- end. Returns whether it was the worker's, and how many were new.
function ops.extend()
  local id, token, units, total = arg(), arg(), arg(), number()
  if not owns(id, token) then
    skip(total * FIELDS_OF_CHILD)
    return { 0, 0 }
  end
  return { 1, admit(units, total) }
end

-- complete ID TOKEN HOST UNITS OUTCOME ROWS REASON COUNT (child)*: the end of a request and all that
-- it led to. OUTCOME is done, failed or blocked. Returns as `extend` does.
function ops.complete()
  local id, token, host, units, outcome, rows = arg(), arg(), arg(), arg(), arg(), number()
  local reason, total = arg(), number()
  if not owns(id, token) then
    skip(total * FIELDS_OF_CHILD)
    count('stale', 1)
    return { 0, 0 }
  end
  local added = total > 0 and admit(units, total) or 0
  unlease(id, token, host)
  done[#done + 1] = id
  count('open', -1)
  count('done', 1)
  count('rows', rows)
  count_units(units, 'open', -1)
  count_units(units, 'done', 1)
  if outcome ~= 'done' then
    count(outcome, 1)
    count_units(units, outcome, 1)
    explain(units, reason)
  end
  return { 1, added }
end

-- release ID TOKEN HOST WAIT COUNTED REASON: back at once, after WAIT; COUNTED 1 is an attempt.
function ops.release()
  local id, token, host, wait, counted, reason = arg(), arg(), arg(), number(), number(), arg()
  if not owns(id, token) then return 0 end
  unlease(id, token, host)
  give_back(id, wait, counted == 1, reason)
  return 1
end

-- refuse ID TOKEN HOST REASON: what a worker cannot read goes to the dead as it is.
function ops.refuse()
  local id, token, host, reason = arg(), arg(), arg(), arg()
  if not owns(id, token) then return 0 end
  unlease(id, token, host)
  redis.call('HSET', TRIES, id, '0 ' .. reason)
  local _, _, _, units = entry(id)
  bury(id, units or '', reason)
  return 1
end
