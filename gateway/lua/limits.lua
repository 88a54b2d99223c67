-- Makes one of the words of two limits: the gateway's own, and the one that all gateways share, which stands behind it. An
-- answer has the numbers of the limit of its client that is nearer; a refusal says when to repeat, as those of the gateway do.

local numbers = { "x-ratelimit-limit", "x-ratelimit-remaining", "x-ratelimit-reset" }

local function first_number(text)
  return tonumber(string.match(text or "", "^%d+")) or 0
end

function envoy_on_response(handle)
  local headers = handle:headers()
  local count = headers:getNumValues("x-ratelimit-remaining")
  if headers:get("x-ratelimit-policy") then
    -- The limit that refuses has written first.
    if not headers:get("retry-after") then
      headers:add("retry-after", tostring(math.max(1, first_number(headers:getAtIndex("x-ratelimit-reset", 0)))))
    end
    if headers:get("grpc-status") and not headers:get("grpc-message") then
      headers:add("grpc-message", "local_rate_limited")
    end
  end
  if count == 0 then return end
  -- Those of the client come last, the gateway's own behind the shared one.
  local nearer = count - 1
  if count > 1 then
    local own = first_number(headers:getAtIndex("x-ratelimit-remaining", count - 1))
    if first_number(headers:getAtIndex("x-ratelimit-remaining", count - 2)) < own then nearer = count - 2 end
  end
  for _, name in ipairs(numbers) do
    local value = first_number(headers:getAtIndex(name, math.min(nearer, headers:getNumValues(name) - 1)))
    headers:remove(name)
    headers:add(name, tostring(value))
  end
end
