-- One program for everything that the frontier does in Redis: a call is a list of operations, done
-- in their order and as one. The files of this folder are its parts, in the order of their names.
--
-- KEYS[1]  the prefix of all keys, with the hash tag that they share
-- ARGV     job, worker, lease in ms, attempts, limit and delay in ms of hosts that nobody announced;
--          when the job was made, as `join` said, or nothing; whether the call may need memory;
--          whether to see if Redis has begun anew; then, in MessagePack, one array of all
--          operations: the name of each and its arguments, as `ops` takes them
--
-- Times are ms of Redis' own clock, never of a worker's.

local PREFIX = KEYS[1]
local JOB, WORKER = ARGV[1], ARGV[2]
local LEASE_MS, ATTEMPTS = tonumber(ARGV[3]), tonumber(ARGV[4])
local LIMIT, DELAY_MS = tonumber(ARGV[5]), tonumber(ARGV[6])
local BORN, MAY_GROW, LOOKS = ARGV[7], ARGV[8] == '1', ARGV[9] == '1'
local FORGOTTEN = 10   -- leases without a word of a worker; then it is no longer shown
local CHUNK = 200   -- so many requests at most are moved at once, to keep calls short
local DAY_MS = 86400000

local TIME = redis.call('TIME')
local NOW = TIME[1] * 1000 + TIME[2] / 1000
local LEASE_END = string.format('%.3f', NOW + LEASE_MS)

local GIVEN = cmsgpack.unpack(ARGV[10])
local at = 0
local function arg()
  at = at + 1
  return GIVEN[at]
end
local function number() return tonumber(arg()) end
local function skip(count) at = at + count end

-- Return the number that was *found* in Redis, within bounds; *default* where there is none.
local function within(found, default, least, most)
  local value = tonumber(found)
  if not value or value ~= value then return default end
  return math.min(math.max(value, least), most)
end

local function of_job(job, name) return PREFIX .. 'job:' .. job .. ':' .. name end

local INFO = of_job(JOB, 'info')        -- hash: state, seeded, created, seq, and counts
local SEEN = of_job(JOB, 'seen')        -- set: ids of all requests ever admitted
local DATA = of_job(JOB, 'data')        -- hash: id -> what `pack` makes, of requests not yet done
local RING = of_job(JOB, 'ring')        -- zset: host with ready requests -> when to look there again
local WAITING = of_job(JOB, 'waiting')  -- zset: id -> when it may be sent
local LEASES = of_job(JOB, 'lease')     -- zset: id -> when its lease ends
local OWNER = of_job(JOB, 'owner')      -- hash: id -> the token of its lease
local TRIES = of_job(JOB, 'tries')      -- hash: id -> leases that came to nothing, and why the last
local SUSPECTS = of_job(JOB, 'suspects')  -- zset: as a ready set, of requests whose worker was lost,
                                          -- with the host of each
local SOLO = of_job(JOB, 'solo')        -- zset: the same, of those to which that happened again
local HOSTS = of_job(JOB, 'hosts')      -- set: hosts of which its workers have said the limits
local DEAD = of_job(JOB, 'dead')        -- zset: id -> when it was given up
local ENDED = of_job(JOB, 'ended')      -- zset: unit that came to its end -> who tells it may, from when
local WORKERS = of_job(JOB, 'workers')  -- zset: worker -> when it was last heard of
local HUNGRY = of_job(JOB, 'hungry')    -- set: workers that got less than they wanted
local function ready(host) return of_job(JOB, 'ready:' .. host) end
local function units_key(name) return of_job(JOB, 'units:' .. name) end

local about = redis.call('HMGET', INFO, 'state', 'created')
local STATE = about[1] or 'gone'
-- A job of the same name that was made anew, after Redis had lost the first, is another one.
if BORN ~= '' and about[2] ~= BORN then STATE = 'gone' end

-- Counts are added up and written once, at the end of the call or before somebody reads them.
local counts = {}
local unit_counts = { open = {}, done = {}, failed = {}, blocked = {} }

local function count(field, by) counts[field] = (counts[field] or 0) + by end

local function count_units(units, field, by)
  local sums = unit_counts[field]
  sums[units] = (sums[units] or 0) + by
end

local function write_counts()
  if STATE == 'gone' then return end   -- what is gone is not made anew by a late count
  for field, by in pairs(counts) do redis.call('HINCRBY', INFO, field, by) end
  counts = {}
  for name, sums in pairs(unit_counts) do
    for units, by in pairs(sums) do
      for unit in string.gmatch(units, '[^,]+') do
        local left = redis.call('HINCRBY', units_key(name), unit, by)
        if name == 'open' and left == 0 then redis.call('ZADD', ENDED, 0, unit) end
      end
    end
    unit_counts[name] = {}
  end
end

local ops = {}
