/** For `node --import`: programs find the SDK as under `krepis run`, and nothing else is different. */

import { registerResolution } from '../resolve.ts';

registerResolution({ file: () => {}, sdk: () => {} });
