/* Tenants in Node: see krepis_tenants.h.  A handle is good as long as it is referenced; no function is given another's. */
#include <node_api.h>

#include "krepis_tenants.h"
#include "tenants.h"

enum { LIMITS = 6, TEXT_BYTES_MAX = 8192, LIMITED_FROM = -1000 };

static void let_go(napi_env env, void *data, void *hint)
{
    (void)env;
    (void)hint;
    kr_tenants_free(data);
}

static napi_value number(napi_env env, double value)
{
    napi_value result = NULL;
    (void)napi_create_double(env, value, &result);
    return result;
}

static napi_value fail(napi_env env, const char *what)
{
    (void)napi_throw_error(env, "ERR_KREPIS", what);
    return NULL;
}

/* The tenants that the first of `count` arguments is, or NULL with an exception. */
static kr_tenants *tenants_of(napi_env env, napi_callback_info info, size_t count, napi_value *values)
{
    size_t given = count;
    void *data = NULL;
    if (napi_get_cb_info(env, info, &given, values, NULL, NULL) != napi_ok || given < count ||
        napi_get_value_external(env, values[0], &data) != napi_ok) {
        (void)fail(env, "wrong arguments");
        return NULL;
    }
    return data;
}

static double double_of(napi_env env, napi_value value)
{
    double out = 0;
    return napi_get_value_double(env, value, &out) == napi_ok && out >= 0 && out < 9e15 ? out : 0;
}

/* Text as latin1; -1 when it is none, or too long to be anybody's. */
static int text_of(napi_env env, napi_value value, char out[TEXT_BYTES_MAX])
{
    size_t length = 0;
    if (napi_get_value_string_latin1(env, value, out, TEXT_BYTES_MAX, &length) != napi_ok)
        return -1;
    return length < TEXT_BYTES_MAX - 1 ? (int)length : -1;
}

/* tenantsNew(limits: Uint32Array, requestsMax, runningMax): handle; six words for each tenant */
static napi_value js_new(napi_env env, napi_callback_info info)
{
    napi_value values[3], handle = NULL;
    size_t given = 3, length = 0;
    void *words = NULL;
    napi_typedarray_type type;
    if (napi_get_cb_info(env, info, &given, values, NULL, NULL) != napi_ok || given < 3 ||
        napi_get_typedarray_info(env, values[0], &type, &length, &words, NULL, NULL) != napi_ok ||
        type != napi_uint32_array || length == 0 || length % LIMITS != 0)
        return fail(env, "wrong arguments");
    uint32_t count = (uint32_t)(length / LIMITS);
    kr_tenants *made = kr_tenants_new(count, (uint32_t)double_of(env, values[1]), (uint32_t)double_of(env, values[2]));
    if (!made)
        return fail(env, "tenants: a limit is out of range");
    const uint32_t *at = words;
    for (uint32_t i = 0; i < count; i++, at += LIMITS) {
        kr_tenant_limits limits = {at[0], at[1], at[2], at[3], at[4], at[5]};
        if (kr_tenants_add(made, &limits) < 0) {
            kr_tenants_free(made);
            return fail(env, "tenants: a limit is out of range");
        }
    }
    if (napi_create_external(env, made, let_go, NULL, &handle) != napi_ok)
        kr_tenants_free(made);
    return handle;
}

/* tenantsRule(handle, tenant, kind, text): 0 or negative */
static napi_value js_rule(napi_env env, napi_callback_info info)
{
    napi_value values[4];
    char text[TEXT_BYTES_MAX];
    kr_tenants *self = tenants_of(env, info, 4, values);
    int length = self ? text_of(env, values[3], text) : -1;
    if (length < 0)
        return self ? number(env, -2) : NULL;
    return number(env, kr_tenants_rule(self, (uint32_t)double_of(env, values[1]), (int)double_of(env, values[2]), text,
                                       (size_t)length));
}

/* tenantsFind(handle, host, path, header): tenant or -1; what is no string is not there */
static napi_value js_find(napi_env env, napi_callback_info info)
{
    napi_value values[4];
    char texts[3][TEXT_BYTES_MAX];
    int lengths[3];
    kr_tenants *self = tenants_of(env, info, 4, values);
    if (!self)
        return NULL;
    for (int i = 0; i < 3; i++)
        lengths[i] = text_of(env, values[i + 1], texts[i]);
    const char *there[3];
    for (int i = 0; i < 3; i++)
        there[i] = lengths[i] < 0 ? NULL : texts[i];
    return number(env, kr_tenants_find(self, there[0], there[0] ? (size_t)lengths[0] : 0, there[1],
                                       there[1] ? (size_t)lengths[1] : 0, there[2], there[2] ? (size_t)lengths[2] : 0));
}

/* tenantsOpen(handle, tenant): 0 or -503 */
static napi_value js_open(napi_env env, napi_callback_info info)
{
    napi_value values[2];
    kr_tenants *self = tenants_of(env, info, 2, values);
    return self ? number(env, kr_tenants_open(self, (uint32_t)double_of(env, values[1]))) : NULL;
}

/* tenantsClose(handle, tenant): one that was opened */
static napi_value js_close(napi_env env, napi_callback_info info)
{
    napi_value values[2];
    kr_tenants *self = tenants_of(env, info, 2, values);
    if (self)
        kr_tenants_close(self, (uint32_t)double_of(env, values[1]));
    return NULL;
}

/* tenantsOffer(handle, tenant, nowMs): request; -503; or -1000 less the milliseconds until it may come again */
static napi_value js_offer(napi_env env, napi_callback_info info)
{
    napi_value values[3];
    uint64_t retry = 0;
    kr_tenants *self = tenants_of(env, info, 3, values);
    if (!self)
        return NULL;
    int made = kr_tenants_offer(self, (uint32_t)double_of(env, values[1]), (uint64_t)double_of(env, values[2]), &retry);
    return number(env, made == -429 ? LIMITED_FROM - (double)retry : made);
}

/* tenantsTake(handle): request or -1 */
static napi_value js_take(napi_env env, napi_callback_info info)
{
    napi_value values[1];
    kr_tenants *self = tenants_of(env, info, 1, values);
    return self ? number(env, kr_tenants_take(self)) : NULL;
}

/* tenantsEnd(handle, request, costUs) */
static napi_value js_end(napi_env env, napi_callback_info info)
{
    napi_value values[3];
    kr_tenants *self = tenants_of(env, info, 3, values);
    uint32_t request = self ? (uint32_t)double_of(env, values[1]) : 0;
    if (self && kr_tenants_of(self, request) >= 0)
        kr_tenants_end(self, request, (uint64_t)double_of(env, values[2]));
    return NULL;
}

/* tenantsMetrics(handle, tenant): numbers in the order of kr_tenant_metrics */
static napi_value js_metrics(napi_env env, napi_callback_info info)
{
    napi_value values[2], result = NULL;
    kr_tenants *self = tenants_of(env, info, 2, values);
    if (!self)
        return NULL;
    kr_tenant_metrics m;
    kr_tenants_metrics(self, (uint32_t)double_of(env, values[1]), &m);
    const double numbers[] = {(double)m.offered, (double)m.limited, (double)m.refused, (double)m.ended,
                              (double)m.cost_us, m.connections, m.running, m.queued};
    (void)napi_create_array(env, &result);
    for (uint32_t i = 0; i < sizeof numbers / sizeof *numbers; i++)
        (void)napi_set_element(env, result, i, number(env, numbers[i]));
    return result;
}

int kr_tenants_exports(napi_env env, napi_value exports)
{
    const struct {
        const char *name;
        napi_callback function;
    } functions[] = {{"tenantsNew", js_new},     {"tenantsRule", js_rule}, {"tenantsFind", js_find},
                     {"tenantsOffer", js_offer}, {"tenantsTake", js_take}, {"tenantsEnd", js_end},
                     {"tenantsOpen", js_open},   {"tenantsClose", js_close}, {"tenantsMetrics", js_metrics}};
    for (size_t i = 0; i < sizeof functions / sizeof *functions; i++) {
        napi_value function;
        if (napi_create_function(env, functions[i].name, NAPI_AUTO_LENGTH, functions[i].function, NULL, &function) !=
                napi_ok ||
            napi_set_named_property(env, exports, functions[i].name, function) != napi_ok)
            return -1;
    }
    return 0;
}
