/**
 * Express on the kernel: `import express from 'krepis/express'`.
 *
 * It is the project's own Express, of version 4 or 5: routing, middleware, views and settings are its code. What is
 * different is below it: its applications listen on the kernel, and its requests and responses are those of
 * `krepis/http`. An application that is given to Node's own server works as before.
 */
import express from 'express';
export default express;
export { express as 'module.exports' };
