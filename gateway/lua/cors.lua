-- Tells browsers whether pages of other origins may call, and what they may read: Envoy's own filter for it does nothing where
-- the first route of a request is an answer of the gateway's, as that of REST is. `cors` is generated from the settings, above.

local filter = "hotel.cors"

function envoy_on_request(handle)
  local headers = handle:headers()
  local origin = headers:get("origin")
  if origin == nil or not (cors.origins[origin] or cors.origins["*"]) then return end
  handle:streamInfo():dynamicMetadata():set(filter, "origin", origin)
  -- A preflight has no body. A request with a body, such as a gRPC call, only looks like a preflight.
  local asks = headers:get(":method") == "OPTIONS" and headers:get("access-control-request-method")
  if not asks or headers:get("content-type") then return end
  handle:respond({
    [":status"] = "204", ["access-control-allow-methods"] = cors.methods, ["access-control-allow-headers"] = cors.request,
    ["access-control-max-age"] = "600",
  }, "")
end

function envoy_on_response(handle)
  local headers = handle:headers()
  headers:add("vary", "origin")
  local noted = handle:streamInfo():dynamicMetadata():get(filter)
  if noted == nil then return end
  headers:replace("access-control-allow-origin", noted["origin"])
  headers:replace("access-control-expose-headers", cors.response)
end
