-- The same two programs for Lua; prints the milliseconds that they took.
local function fib(n) if n < 2 then return n end return fib(n - 1) + fib(n - 2) end
local start = os.clock()
if arg[1] == "fib" then
  assert(fib(32) == 2178309)
else
  local sum = 0
  for i = 0, 50 * 1000 * 1000 - 1 do sum = sum + i end
  assert(sum == 1249999975000000)
end
print(string.format("%.3f", (os.clock() - start) * 1e3))
