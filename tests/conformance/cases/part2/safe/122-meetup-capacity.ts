// pattern: free places and membership are part of the filter, modifiedCount decides
import { Collection, Db, ObjectId } from 'mongodb';

interface Meetup {
  _id: ObjectId;
  title: string;
  freePlaces: number;
  attendees: string[];
}

export class MeetupStore {
  private readonly meetups: Collection<Meetup>;

  constructor(db: Db) {
    this.meetups = db.collection<Meetup>('meetups');
  }

  async join(meetupId: string, userId: string): Promise<boolean> {
    const _id = new ObjectId(meetupId);
    const { modifiedCount } = await this.meetups.updateOne(
      { _id, freePlaces: { $gt: 0 }, attendees: { $ne: userId } },
      { $inc: { freePlaces: -1 }, $push: { attendees: userId } },
    );
    return modifiedCount === 1;
  }

  async attendees(meetupId: string): Promise<string[]> {
    const meetup = await this.meetups.findOne({ _id: new ObjectId(meetupId) });
    return meetup?.attendees ?? [];
  }
}
