// pattern: find or create: two first visitors each open a video room and store it
import { VideoRoom } from './video-room.model';
import { videoApi } from './video-api';

export interface RoomInfo {
  url: string;
  meetingId: string;
}

export const roomFor = async (meetingId: string): Promise<RoomInfo> => {
  let room = await VideoRoom.findOne({ meetingId }).lean();
  if (!room) {
    const created = await videoApi.createRoom({ name: meetingId, maxParticipants: 50 }); // RACE: check-then-act
    room = await VideoRoom.create({ meetingId, url: created.url, externalId: created.id }); // RACE: check-then-act
  }
  return { url: room.url, meetingId };
};
