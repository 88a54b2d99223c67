-- Decides which requests get a page of the console instead of JSON, by the header `accept` (RFC 9110, 12.5.1): those
-- that name text/html, and do not prefer application/json. A request that accepts anything gets JSON.

local filter = "hotel.page"

-- How well a range of media types fits JSON: the closest one that is given counts.
local fits_json = { ["*/*"] = 1, ["application/*"] = 2, ["application/json"] = 3 }

-- The weight of a range, 1 where none is said; what is no weight makes the range none.
local function weight_of(parameters)
  local text = string.match(parameters, ";%s*[qQ]%s*=%s*([^;%s]*)")
  if text == nil then return 1 end
  return string.find(text, "^[01]%.?%d*$") and tonumber(text) or 0
end

-- Whether text/html weighs more than JSON, or as much and comes first. `json` is nil where JSON does not come up at all.
local function prefers_html(accept)
  local html, json
  local place = 0
  for range in string.gmatch(accept, "[^,]+") do
    place = place + 1
    local name, parameters = string.match(string.lower(range), "^%s*([^;%s]+)%s*(.*)$")
    local fit = fits_json[name]
    if name == "text/html" and html == nil then
      html = { weight = weight_of(parameters), place = place }
    elseif fit and (json == nil or fit > json.fit) then
      json = { weight = weight_of(parameters), place = place, fit = fit }
    end
  end
  if html == nil or html.weight == 0 then return false end
  if json == nil then return true end
  return html.weight > json.weight or (html.weight == json.weight and html.place < json.place)
end

local function accepted(headers)
  local parts = {}
  for index = 1, headers:getNumValues("accept") do parts[index] = headers:getAtIndex("accept", index - 1) end
  return table.concat(parts, ",")
end

-- Reads of the API only: not gRPC, and no stream, whose paths have a colon.
local function is_negotiated(headers)
  local method = headers:get(":method")
  if method ~= "GET" and method ~= "HEAD" then return false end
  if string.sub(headers:get("content-type") or "", 1, 16) == "application/grpc" then return false end
  local path = string.match(headers:get(":path") or "", "^[^?]*")
  return not (fixed[path] or string.find(path, ":", 1, true) or string.find(path, "%%3[Aa]"))
end

function envoy_on_request(handle)
  local headers = handle:headers()
  if not is_negotiated(headers) then return end
  local metadata = handle:streamInfo():dynamicMetadata()
  local accept = accepted(headers)
  if string.find(string.lower(accept), "text/html", 1, true) and prefers_html(accept) then
    metadata:set(filter, "page", true)
    -- A header that a route can match.
    headers:replace("x-hotel-page", "1")
  else
    metadata:set(filter, "page", false)
  end
end

-- Pages say so themselves.
function envoy_on_response(handle)
  local noted = handle:streamInfo():dynamicMetadata():get(filter)
  if noted and noted["page"] == false then handle:headers():add("vary", "accept") end
end
