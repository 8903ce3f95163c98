/** What runs in the isolate of a tenant: loads its program, and answers what the kernel's thread passes on. */
export {};
