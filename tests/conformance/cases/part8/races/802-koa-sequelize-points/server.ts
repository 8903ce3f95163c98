import Router from '@koa/router';
import Koa from 'koa';
import bodyParser from 'koa-bodyparser';
import { PointsController } from './points.controller';

const points = new PointsController();
const router = new Router({ prefix: '/members' });
router.post('/:memberId/redeem', points.redeem);

export const app = new Koa().use(bodyParser()).use(router.routes());
