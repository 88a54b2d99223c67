-- Reads JSON strictly, by RFC 8259, so that the transcoder behind, which is laxer, never sees anything that the guard read
-- in another way. Gives kinds and places, no values: what a field may hold beyond its type is for the services to say.

local deepest = 32

local function skip_space(text, at)
  return string.find(text, "[^ \t\r\n]", at) or #text + 1
end

-- Each reader takes the place where its value starts and gives the place after it, or nil when it is no JSON.

local function read_string(text, at)
  at = at + 1
  while true do
    at = string.find(text, '["\\%z\1-\31]', at)
    if at == nil then return nil end
    local found = string.sub(text, at, at)
    if found == '"' then return at + 1 end
    if found ~= "\\" then return nil end
    if string.find(text, '^["\\/bfnrt]', at + 1) then
      at = at + 2
    elseif string.find(text, "^u%x%x%x%x", at + 1) then
      at = at + 6
    else
      return nil
    end
  end
end

local function read_number(text, at)
  local _, last = string.find(text, "^-?[1-9]%d*", at)
  if last == nil then _, last = string.find(text, "^-?0", at) end
  if last == nil then return nil end
  local _, fraction = string.find(text, "^%.%d+", last + 1)
  last = fraction or last
  local _, exponent = string.find(text, "^[eE][+-]?%d+", last + 1)
  return (exponent or last) + 1
end

local read_value

-- Calls `member(key, kind, from, to)` for each member; the key as written between its quotes, the value's text from-to.
local function read_object(text, at, depth, member)
  at = skip_space(text, at + 1)
  if string.sub(text, at, at) == "}" then return at + 1 end
  while true do
    if string.sub(text, at, at) ~= '"' then return nil end
    local key_end = read_string(text, at)
    if key_end == nil then return nil end
    local key = string.sub(text, at + 1, key_end - 2)
    at = skip_space(text, key_end)
    if string.sub(text, at, at) ~= ":" then return nil end
    local from = skip_space(text, at + 1)
    local after, kind = read_value(text, from, depth)
    if after == nil then return nil end
    if member then member(key, kind, from, after - 1) end
    at = skip_space(text, after)
    local separator = string.sub(text, at, at)
    if separator == "}" then return at + 1 end
    if separator ~= "," then return nil end
    at = skip_space(text, at + 1)
  end
end

-- Calls `element(kind, from, to)` for each element.
local function read_array(text, at, depth, element)
  at = skip_space(text, at + 1)
  if string.sub(text, at, at) == "]" then return at + 1 end
  while true do
    local after, kind = read_value(text, at, depth)
    if after == nil then return nil end
    if element then element(kind, at, after - 1) end
    at = skip_space(text, after)
    local separator = string.sub(text, at, at)
    if separator == "]" then return at + 1 end
    if separator ~= "," then return nil end
    at = skip_space(text, at + 1)
  end
end

-- By the letter that each begins with.
local literals = { t = { "true", "boolean" }, f = { "false", "boolean" }, n = { "null", "null" } }

read_value = function(text, at, depth)
  if depth > deepest then return nil end
  local first = string.sub(text, at, at)
  if first == '"' then return read_string(text, at), "string" end
  if first == "{" then return read_object(text, at, depth + 1), "object" end
  if first == "[" then return read_array(text, at, depth + 1), "array" end
  local literal = literals[first]
  if literal == nil then return read_number(text, at), "number" end
  local last = at + #literal[1] - 1
  if string.sub(text, at, last) == literal[1] then return last + 1, literal[2] end
end

-- The place where the one object begins that a text must be, but for spaces around it; nil when it is anything else.
local function find_document(text)
  local at = skip_space(text, 1)
  if string.sub(text, at, at) ~= "{" then return nil end
  local after = read_object(text, at, 1)
  return after ~= nil and skip_space(text, after) > #text and at or nil
end
