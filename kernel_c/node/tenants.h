/* Private to the addon. */
#ifndef KREPIS_NODE_TENANTS_H
#define KREPIS_NODE_TENANTS_H

#include <node_api.h>

/* Adds the functions of tenants.c.  0, or -1 when Node fails. */
int kr_tenants_exports(napi_env env, napi_value exports);

#endif
