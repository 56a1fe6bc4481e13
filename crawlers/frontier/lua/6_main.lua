-- A call, from its beginning to its end. What several operations would do one by one is put off, and
-- done once: `lease` does it before it looks, and here it is done at the end.
--
--   sweep         remove what has ended
--   write_counts  add to the counts of job and units
--   settle        say when jobs are to look at touched hosts again
--   wake          wake workers that got too little, where there is news

-- Redis looks for memory at the first write of a call only. One that is full refuses this one, and
-- with it the whole call, unless the call is of those that make room.
if MAY_GROW and WORKER ~= '' and STATE ~= 'gone' and STATE ~= 'ended' then
  redis.call('ZADD', WORKERS, NOW, WORKER)
elseif not MAY_GROW then
  redis.call('SREM', HUNGRY, '')
end
if LOOKS and WORKER ~= '' then see_restart() end

-- What is not as this program left it ends the call in the middle: then the counts must still be of
-- what has been done.
local replies, failure = {}, nil
while at < #GIVEN and not failure do
  local fine, reply = pcall(ops[arg()])
  if fine then replies[#replies + 1] = reply or 1 else failure = reply end
end
for _, work in ipairs({ sweep, write_counts, settle, wake }) do
  local fine, problem = pcall(work)
  failure = failure or (not fine and problem)
end
if failure then
  return redis.error_reply(type(failure) == 'table' and failure.err or tostring(failure))
end
if hungry then redis.call('SADD', HUNGRY, WORKER) end   -- after that, not to be woken by itself
return replies
