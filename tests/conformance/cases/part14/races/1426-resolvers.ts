import { ApolloServer } from '@apollo/server';
import { Event, Ticket } from './models';
const typeDefs = `type Mutation { buy(event: ID!, n: Int!): Boolean }`;
const resolvers = {
  Mutation: {
    buy: async (_: unknown, { event, n }: { event: string; n: number }, ctx: { user: { id: string } }) => {
      const e = await Event.findById(event);
      if (e.sold + n > e.capacity) return false;
      e.sold += n;
      await e.save(); // RACE: lost-update
      await Ticket.create({ event, owner: ctx.user.id, n });
      return true;
    },
  },
};
export const server = new ApolloServer({ typeDefs, resolvers });
