-- Hosts: their limits hold for the whole deployment, over all jobs. A host is a limit key.
--
-- host:<key>       hash: limit; delay and asked (by its robots.txt), the longer counts; next (when
--                  it may be asked again); unsent (the token that closes it until it is sent)
-- host:<key>:busy  zset: token of a lease that has a place -> when the lease ends
-- host:<key>:jobs  set: jobs with ready requests for it

local function host_key(host) return PREFIX .. 'host:' .. host end
local function busy_key(host) return PREFIX .. 'host:' .. host .. ':busy' end
local function jobs_key(host) return PREFIX .. 'host:' .. host .. ':jobs' end

-- Return how many places *host* has free now, its limit and delay, and when to look again if none
-- is. A place is free again when its transfer or its lease has ended.
local function look(host)
  local busy = busy_key(host)
  redis.call('ZREMRANGEBYSCORE', busy, '-inf', NOW)
  local found = redis.call('HMGET', host_key(host), 'limit', 'delay', 'asked', 'next', 'unsent')
  local limit = tonumber(found[1] or LIMIT)
  local delay = math.max(tonumber(found[2] or DELAY_MS), tonumber(found[3] or 0))
  local opens = math.max(NOW, tonumber(found[4] or 0))
  local free = limit - redis.call('ZCARD', busy)
  if free <= 0 then
    local enough = redis.call('ZRANGE', busy, 0 - free, 0 - free, 'WITHSCORES')
    opens = math.max(opens, tonumber(enough[2]))
  end
  if delay > 0 and found[5] then
    opens = math.max(opens, tonumber(redis.call('ZSCORE', busy, found[5]) or 0))
  end
  return opens > NOW and 0 or free, limit, delay, opens
end

local touched = {}   -- hosts of which something changed in this call
local before = {}    -- job and host -> when the job was to look there, before this call
local news = {}      -- jobs with something to look at earlier than they know

-- Set when each job that waits for a touched host is to look there.
local function settle()
  for host in pairs(touched) do
    local _, _, _, opens = look(host)
    for _, job in ipairs(redis.call('SMEMBERS', jobs_key(host))) do
      local ring, name = of_job(job, 'ring'), job .. ' ' .. host
      before[name] = before[name] or redis.call('ZSCORE', ring, host)
      redis.call('ZADD', ring, 'XX', opens, host)
    end
    redis.call('PEXPIRE', host_key(host), math.ceil(DAY_MS + opens - NOW))
    redis.call('PEXPIRE', busy_key(host), DAY_MS)
  end
end

-- Return how many workers that got too little wait for *host*.
local function hungry_at(host)
  local hungry = 0
  for _, job in ipairs(redis.call('SMEMBERS', jobs_key(host))) do
    hungry = hungry + redis.call('SCARD', of_job(job, 'hungry'))
  end
  return hungry
end

-- Wake the workers that got too little, where a host opens earlier than they know.
local function wake()
  for host in pairs(touched) do
    for _, job in ipairs(redis.call('SMEMBERS', jobs_key(host))) do
      local score = redis.call('ZSCORE', of_job(job, 'ring'), host)
      local known = before[job .. ' ' .. host]
      if score and (not known or tonumber(score) < tonumber(known)) then news[job] = true end
    end
  end
  for job in pairs(news) do
    if redis.call('DEL', of_job(job, 'hungry')) == 1 then
      redis.call('PUBLISH', PREFIX .. 'wake:' .. job, '')
    end
  end
end

local function later(host, wait)
  local before = tonumber(redis.call('HGET', host_key(host), 'next') or 0)
  redis.call('HSET', host_key(host), 'next', math.max(before, NOW + wait))
  touched[host] = true
end

-- host KEY LIMIT DELAY: a worker's own limits. Of jobs that share a host the stricter ones hold.
function ops.host()
  local host, limit, delay = arg(), number(), number()
  local others = redis.call('SCARD', jobs_key(host)) - redis.call('SISMEMBER', jobs_key(host), JOB)
  if others > 0 then
    local found = redis.call('HMGET', host_key(host), 'limit', 'delay')
    limit = math.min(limit, tonumber(found[1] or limit))
    delay = math.max(delay, tonumber(found[2] or delay))
  end
  redis.call('HSET', host_key(host), 'limit', limit, 'delay', delay)
  touched[host] = true
end

-- pace KEY DELAY: what its robots.txt asks for.
function ops.pace()
  local host, delay = arg(), number()
  redis.call('HSET', host_key(host), 'asked', delay)
  touched[host] = true
end

-- leave KEY WAIT: nobody asks it for so long.
function ops.leave() later(arg(), number()) end

-- sent KEY TOKEN: the delay of a host begins when the request has left, not when it was leased.
function ops.sent()
  local host, token = arg(), arg()
  if redis.call('HGET', host_key(host), 'unsent') == token then
    redis.call('HDEL', host_key(host), 'unsent')
    local _, _, delay = look(host)
    later(host, delay)
  end
end

-- over KEY TOKEN: the transfer has ended; its place is free.
function ops.over()
  local host, token = arg(), arg()
  if redis.call('ZREM', busy_key(host), token) == 1 then touched[host] = true end
end
