-- Says what is wrong with values, by the types that the generated tables give them. A type is the name of a scalar,
-- {names, all} for an enum, {list}, {map}, or {message}, which names an entry of `messages`.

local words = {
  string = "must be a string",
  bytes = "must be a string: base64",
  timestamp = "must be a date and time such as 2026-01-31T12:00:00Z",
  duration = "must be seconds such as 1.5s",
  mask = "must be a string: names of fields, separated by commas",
  int32 = "must be a whole number from -2147483648 to 2147483647",
  uint32 = "must be a whole number from 0 to 4294967295",
  int64 = "must be a whole number as a string",
  uint64 = "must be a whole number as a string, not negative",
  number = "must be a number",
  boolean = "must be true or false",
  list = "must be a list",
  map = "must be an object",
  message = "must be an object",
}

local kinds = { int32 = "number", uint32 = "number", number = "number", boolean = "boolean" }

local patterns = {
  timestamp = "^%d%d%d%d%-%d%d%-%d%d[Tt]%d%d:%d%d:%d%d%.?%d*[Zz+-]",
  duration = "^%-?%d+%.?%d*s$",
  int64 = "^%-?%d+$",
  uint64 = "^%d+$",
}

local ranges = { int32 = { -2147483648, 2147483647 }, uint32 = { 0, 4294967295 } }

-- A request of nothing but mistakes is not told all of them: what it costs to say so stays small.
local most_violations = 50

local function violate(violations, name, description)
  if #violations < most_violations then violations[#violations + 1] = { name, description } end
end

-- nil for an enum value that is none of the names, in any case, with `-` for `_` or as they stand.
local function enum_name(type, text)
  local name = string.gsub(string.upper(text), "-", "_")
  return type.names[name] and name
end

-- The problem of the text of a scalar or enum, or nil.
local function text_problem(type, text)
  if type.names then return not enum_name(type, text) and "must be one of " .. type.all or nil end
  if patterns[type] and text ~= "" and not string.find(text, patterns[type]) then return words[type] end
  if type == "mask" and string.find("," .. text .. ",", ",,") and text ~= "" then return words[type] end
  local range = ranges[type]
  if range == nil then return nil end
  local number = tonumber(text)
  if number == nil or number ~= math.floor(number) or number < range[1] or number > range[2] then return words[type] end
end

-- As above, of a value in a query, where everything is text.
local function query_problem(type, text)
  if type.list then return query_problem(type.list, text) end
  if type == "boolean" then return text ~= "true" and text ~= "false" and words.boolean or nil end
  -- The reader of numbers takes more spellings than JSON has.
  if ranges[type] and not string.find(text, "^%-?%d+$") then return words[type] end
  if type == "number" and not string.find(text, "^%-?%d+%.?%d*$") then return words[type] end
  return text_problem(type, text)
end

local check_members, check_elements, check_object

-- Checks the value at from-to, of a kind that json.lua has found. `null` counts as absent, but has no place in a list, where
-- the value is one of `index`. A body of nothing but elements is as long a list: nothing is made for one that is right.
local function check_value(type, kind, text, from, to, name, violations, index)
  if #violations >= most_violations then return end
  local problem
  if type.list then
    if kind == "array" then return check_elements(type.list, text, from, name, violations) end
    problem = words.list
  elseif type.message or type.map then
    if kind == "object" then
      return check_object(type, text, from, index and name .. "[" .. index .. "]" or name, violations)
    end
    problem = words.message
  elseif type.names then
    problem = kind ~= "string" and "must be one of " .. type.all or text_problem(type, string.sub(text, from + 1, to - 1))
  elseif kind ~= (kinds[type] or "string") then
    problem = words[type]
  else
    problem = text_problem(type, kind == "string" and string.sub(text, from + 1, to - 1) or string.sub(text, from, to))
  end
  if problem then violate(violations, index and name .. "[" .. index .. "]" or name, problem) end
end

check_elements = function(type, text, from, name, violations)
  local index = -1
  read_array(text, from, 1, function(element, first, last)
    index = index + 1
    check_value(type, element, text, first, last, name, violations, index)
  end)
end

check_object = function(type, text, from, name, violations)
  if type.message then return check_members(text, from, messages[type.message], name .. ".", violations) end
  read_object(text, from, 1, function(key, member, first, last)
    check_value(type.map, member, text, first, last, name .. "." .. key, violations)
  end)
end

-- Checks the members of the object at this place; `given` has the values that the path gives to some of them. Gives nil
-- when it is no object.
check_members = function(text, at, fields, prefix, violations, given)
  local seen = {}
  return read_object(text, at, 1, function(key, kind, from, to)
    local type, name = fields[key], prefix .. key
    if not type then
      violate(violations, name, "is not a field of this request")
    elseif seen[key] then
      violate(violations, name, "is given more than once")
    elseif given and given[key] and kind == "string" then
      -- The path is the truth about which resource is meant (the transcoder would let the body win).
      if string.sub(text, from + 1, to - 1) ~= given[key] then violate(violations, name, "is not the one in the path") end
    elseif type ~= "ignored" and kind ~= "null" then
      check_value(type, kind, text, from, to, name, violations)
    end
    seen[key] = true
  end)
end
