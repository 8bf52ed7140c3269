-- Asks the gateway about a request, with its whole body. For HAProxy 2.6 and later.
local verdict = { "tollgate-verified", "tollgate-account-sid", "tollgate-delivery", "tollgate-stale" }

core.register_action("tollgate", { "http-req" }, function(txn)
  local given = txn.http:req_get_headers()
  local headers = {}
  for name, values in pairs(given) do
    -- All values of a name, for a repeated one must be seen to be repeated.
    local list = {}
    for _, value in pairs(values) do list[#list + 1] = value end
    headers[name] = list
  end
  -- A body without a length may go on after the part that is verified here.
  local body = txn.f:req_body() or ""
  local length = headers["content-length"]
  if headers["transfer-encoding"] or #body ~= tonumber(length and length[1] or "0") then return end

  headers["x-forwarded-method"] = { txn.sf:method() }
  headers["x-forwarded-host"] = headers["host"]
  headers["x-forwarded-uri"] = { txn.sf:pathq() }
  headers["x-forwarded-upgrade"] = headers["upgrade"] or { "" }
  headers["x-forwarded-connection"] = headers["connection"] or { "" }
  -- These belong to the client's connection. HAProxy gives the body a length of its own.
  for _, name in ipairs({ "connection", "upgrade", "content-length", "keep-alive", "expect" }) do headers[name] = nil end
  local question = { url = "http://127.0.0.1:8081/", headers = headers, timeout = 5000 }
  if body ~= "" then question.body = body end
  local answer = core.httpclient():post(question)
  if answer == nil or answer.status ~= 200 then return end
  txn:set_var("txn.tollgate_ok", true)
  for _, name in ipairs(verdict) do
    local values = answer.headers[name]
    txn:set_var("txn." .. name:gsub("-", "_"), values and values[0] or "")
  end
end)
