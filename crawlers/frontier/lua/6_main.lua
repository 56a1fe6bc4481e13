local replies = {}
while at < #GIVEN do
  local name = arg()
  replies[#replies + 1] = ops[name]() or 1
end
sweep()
if STATE ~= 'gone' then
  write_counts()
  if WORKER ~= '' and STATE ~= 'ended' then redis.call('ZADD', WORKERS, NOW, WORKER) end
end
settle()
wake()
if hungry then redis.call('SADD', HUNGRY, WORKER) end   -- after that, not to be woken by itself
return replies
