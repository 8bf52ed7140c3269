-- Asks the gateway about a request, for HAProxy 2.5 and later.
local function first(headers, name)
  return headers[name] and headers[name][0] or ""
end

core.register_action("tollgate", { "http-req" }, function(txn)
  local headers = {}
  for name, values in pairs(txn.http:req_get_headers()) do
    -- All values of a name, for a repeated one must be seen to be repeated.
    local list = {}
    for _, value in pairs(values) do list[#list + 1] = value end
    headers[name] = list
  end
  for _, name in ipairs({ "connection", "upgrade", "content-length", "keep-alive" }) do headers[name] = nil end
  headers["x-forwarded-method"] = { txn.sf:method() }
  headers["x-forwarded-host"] = headers["host"]
  headers["x-forwarded-uri"] = { txn.sf:pathq() }
  headers["x-forwarded-upgrade"] = { txn.sf:req_hdr("upgrade") or "" }
  local answer = core.httpclient():get({ url = "http://127.0.0.1:8081/", headers = headers, timeout = 5000 })
  if answer == nil or answer.status ~= 200 then return end
  txn:set_var("txn.tollgate_ok", true)
  txn:set_var("txn.tollgate_verified", first(answer.headers, "tollgate-verified"))
  txn:set_var("txn.tollgate_account_sid", first(answer.headers, "tollgate-account-sid"))
end)
