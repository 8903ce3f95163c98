// eventemitter3 behaves like events.
import { EventEmitter } from './events';

export { EventEmitter };

export default EventEmitter;
