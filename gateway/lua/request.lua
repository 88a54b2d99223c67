-- Comes first: gives what a request says in several ways the one form that the filters after it know.

local function is_grpc(content_type)
  return content_type == "application/grpc" or string.sub(content_type, 1, 17) == "application/grpc+"
end

-- The name of a scheme may be written in any case, with several spaces after it: RFC 9110, 11.1 and 11.4.
local function spell_scheme(headers)
  local scheme, spaces, token = string.match(headers:get("authorization") or "", "^(%a+)( +)(.*)$")
  if scheme == nil or string.lower(scheme) ~= "bearer" or scheme .. spaces == "Bearer " then return end
  -- Two of them stay two, and are refused.
  if headers:getNumValues("authorization") == 1 then headers:replace("authorization", "Bearer " .. token) end
end

-- The meaning of a write depends on these headers: one with another spelling must be refused, not ignored.
local meant = { ["idempotency_key"] = true, ["if_match"] = true }

-- A name with `_` is for many programs the one with `-`, and could pass for a header that the suite believes: none goes on.
-- Metadata of gRPC may have such names, and is dropped. In HTTP they are mistakes, and refused.
local function take_out_underscores(handle, headers)
  local names = {}
  for name in pairs(headers) do
    if string.find(name, "_", 1, true) then names[#names + 1] = name end
  end
  if names[1] == nil then return end
  local grpc = is_grpc(headers:get("content-type") or "")
  local violations = {}
  for _, name in ipairs(names) do
    local right = string.gsub(name, "_", "-")
    if not grpc or meant[name] then violations[#violations + 1] = { name, "is not a valid header name: write " .. right } end
    headers:remove(name)
  end
  if violations[1] == nil then return end
  if not grpc then return refuse_fields(handle, violations) end
  refuse_call(handle, 400, "The metadata " .. violations[1][1] .. " is not read: write "
    .. string.gsub(violations[1][1], "_", "-") .. ".")
end

function envoy_on_request(handle)
  local headers = handle:headers()
  spell_scheme(headers)
  -- There is nothing to compress.
  if headers:get(":method") == "HEAD" then headers:remove("accept-encoding") end
  take_out_underscores(handle, headers)
end
