-- Hosts: their limits hold for the whole deployment, over all jobs. A host is a limit key.
--
-- host:<key>       hash: limit; delay and asked (by its robots.txt), the longer counts; next (when
--                  it may be asked again); unsent (the token that closes it until it is sent)
-- host:<key>:busy  zset: token of a lease that has a place -> when the lease ends
-- host:<key>:jobs  set: jobs with ready requests for it
-- host:<key>:limits  hash: job -> the limit and the delay that its workers have said

local function host_key(host) return PREFIX .. 'host:' .. host end
local function busy_key(host) return PREFIX .. 'host:' .. host .. ':busy' end
local function jobs_key(host) return PREFIX .. 'host:' .. host .. ':jobs' end
local function limits_key(host) return PREFIX .. 'host:' .. host .. ':limits' end

-- A lease whose request was never said to be sent may have been sent at its very end: the delay is
-- counted from there. Once in a call is enough, because no time passes in it; and it comes before
-- anything that changes the host.
local lapsed = {}
local function lapse(host)
  if lapsed[host] then return end
  lapsed[host] = true
  local found = redis.call('HMGET', host_key(host), 'delay', 'asked', 'next', 'unsent')
  local ends = found[4] and tonumber(redis.call('ZSCORE', busy_key(host), found[4]) or nil)
  if ends and ends <= NOW then
    local delay = math.max(within(found[1], DELAY_MS, 0, DAY_MS), within(found[2], 0, 0, DAY_MS))
    local opens = math.max(within(found[3], 0, 0, NOW + DAY_MS), ends + delay)
    redis.call('HSET', host_key(host), 'next', string.format('%.3f', opens))
    redis.call('HDEL', host_key(host), 'unsent')
  end
end

-- Return how many places *host* has free now, its limit and delay, and when to look again if none
-- is. A place is free again when its transfer or its lease has ended.
local function look(host)
  lapse(host)
  local busy = busy_key(host)
  redis.call('ZREMRANGEBYSCORE', busy, '-inf', NOW)
  local found = redis.call('HMGET', host_key(host), 'limit', 'delay', 'asked', 'next', 'unsent')
  local limit = within(found[1], LIMIT, 1, 1e6)
  local delay = math.max(within(found[2], DELAY_MS, 0, DAY_MS), within(found[3], 0, 0, DAY_MS))
  local opens = within(found[4], NOW, NOW, NOW + DAY_MS)
  if delay > 0 then opens = math.max(opens, BEGAN + delay) end
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
    if redis.call('EXISTS', limits_key(host)) == 0 then
      redis.call('PEXPIRE', host_key(host), math.ceil(DAY_MS + opens - NOW))
    end
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
  local opens = within(redis.call('HGET', host_key(host), 'next'), 0, 0, NOW + DAY_MS)
  opens = math.max(opens, NOW + math.min(wait, DAY_MS))
  redis.call('HSET', host_key(host), 'next', string.format('%.3f', opens))
  touched[host] = true
end

-- Of jobs that share a host the stricter limits hold, as long as each is there.
local function agree(host)
  lapse(host)
  local limit, delay = math.huge, 0
  local found = redis.call('HGETALL', limits_key(host))
  for place = 1, #found, 2 do
    local its_limit, its_delay = string.match(found[place + 1], '^(%d+) (%d+)$')
    if its_limit and redis.call('EXISTS', of_job(found[place], 'info')) == 1 then
      limit, delay = math.min(limit, its_limit), math.max(delay, its_delay)
    else
      redis.call('HDEL', limits_key(host), found[place])
    end
  end
  if limit < math.huge then
    redis.call('HSET', host_key(host), 'limit', limit, 'delay', delay)
    redis.call('PERSIST', host_key(host))
  else
    redis.call('HDEL', host_key(host), 'limit', 'delay')
  end
  touched[host] = true
end

-- host KEY LIMIT DELAY: what the job's own workers keep to.
function ops.host()
  local host, limit, delay = arg(), math.max(1, number()), number()
  if STATE == 'gone' or STATE == 'ended' then return 0 end
  redis.call('HSET', limits_key(host), JOB, string.format('%d %d', limit, delay))
  redis.call('SADD', HOSTS, host)
  agree(host)
end

-- unhost: take back what `host` said, of some hosts of a job that has ended. Returns how many are
-- left.
function ops.unhost()
  if STATE ~= 'ended' then return 0 end
  for _, host in ipairs(redis.call('SPOP', HOSTS, CHUNK)) do
    redis.call('HDEL', limits_key(host), JOB)
    agree(host)
  end
  return redis.call('SCARD', HOSTS)
end

-- pace KEY DELAY: what its robots.txt asks for.
function ops.pace()
  local host, delay = arg(), number()
  lapse(host)
  redis.call('HSET', host_key(host), 'asked', delay)
  touched[host] = true
end

-- leave KEY WAIT: nobody asks it for so long, but for a day at most.
function ops.leave() later(arg(), number()) end

-- sent KEY TOKEN: the delay of a host begins when the request has left, not when it was leased.
function ops.sent()
  local host, token = arg(), arg()
  lapse(host)
  if redis.call('HGET', host_key(host), 'unsent') == token then
    redis.call('HDEL', host_key(host), 'unsent')
    local _, _, delay = look(host)
    later(host, delay)
  end
end

-- over KEY TOKEN: the transfer has ended; its place is free.
function ops.over()
  local host, token = arg(), arg()
  lapse(host)
  if redis.call('ZREM', busy_key(host), token) == 1 then touched[host] = true end
end
