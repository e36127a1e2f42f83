/* What the frame of a guest's console gets from here: its place, its menu. */
import type { State } from '../console/line';
import type { Guest } from '../lib/types';
import { Follower } from './follow';
import type { Jobs } from './jobs';
import { GuestMenu } from './menu';

export class Companion {
	private readonly menu: GuestMenu;
	private readonly follower: Follower;

	constructor(guest: string, jobs: Jobs) {
		this.menu = new GuestMenu(null, jobs, 'icon-button');
		this.follower = new Follower(guest, (g) => this.menu.update(g));
	}

	get beside(): HTMLElement[] {
		return [this.follower.place];
	}

	get more(): HTMLElement[] {
		return [this.menu.root];
	}

	follow(state: State): void {
		this.follower.follow(state);
	}

	/* News of the guest, out of a list. */
	take(guest: Guest): void {
		this.follower.take(guest);
		this.menu.update(guest);
	}

	look(): void {
		void this.follower.look();
	}

	close(): void {
		this.follower.close();
		this.menu.close();
	}
}
