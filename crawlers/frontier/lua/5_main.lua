if WORKER ~= '' and STATE ~= 'gone' then redis.call('SREM', HUNGRY, WORKER) end
local replies = {}
while at < #GIVEN do
  local name = arg()
  replies[#replies + 1] = ops[name]() or 1
end
if STATE ~= 'gone' then
  write_counts()
  if WORKER ~= '' then redis.call('ZADD', WORKERS, NOW, WORKER) end
end
settle()
wake()
return replies
