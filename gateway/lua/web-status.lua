-- Stands after Envoy's filters for gRPC-Web and Connect, which do not say what becomes of a call.

local filter = "hotel.web"

function envoy_on_request(handle)
  local call = handle:streamInfo():dynamicMetadata():get(filter)
  if call == nil then return end
  if call["refused_text"] then return refuse_call(handle, call["refused_status"], call["refused_text"]) end
  -- The route was that of the request as it came.
  handle:clearRouteCache()
end

-- When it is converted the status is part of a body, where neither the log nor web-protocols.lua would find it.
function envoy_on_response(handle)
  local call = handle:streamInfo():dynamicMetadata():get(filter)
  if call == nil then return end
  local status = handle:headers():get("grpc-status")
  -- Of gRPC-Web it stays in the headers, when it is there.
  if status and call["protocol"] == "grpc-web" then return end
  if status == nil then
    local trailers = handle:trailers()
    status = trailers and trailers:get("grpc-status")
  end
  if status then handle:streamInfo():dynamicMetadata():set(filter, "status", status) end
end
