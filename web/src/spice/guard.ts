/*
 * What spice-html5 believes of a guest, and should not: counts beyond the
 * message's end, pictures of any size, loops as long as a stranger says. Each
 * reader of the library gets a check behind (or before) it; a refusal is
 * thrown and ends the session. This document draws nothing else, so its
 * prototypes may be changed.
 */
import { Constants } from '@spice-project/spice-html5/src/enums.js';
import { SpiceQuic } from '@spice-project/spice-html5/src/quic.js';
import { SpiceSimulateCursor } from
	'@spice-project/spice-html5/src/simulatecursor.js';
import { SpiceConn } from '@spice-project/spice-html5/src/spiceconn.js';
import { SpiceDataView } from
	'@spice-project/spice-html5/src/spicedataview.js';
import { SpiceBitmap, SpiceCursor, SpiceImage, SpiceSurface, type LzImage }
	from '@spice-project/spice-html5/src/spicetype.js';
import { Constants as Webm } from '@spice-project/spice-html5/src/webm.js';

const SIDE_MAX = 8192;
const DOTS_MAX = 32 * 1024 * 1024;
const CURSOR_MAX = 256;
const SURFACES_MAX = 1024;
const SURFACE_DOTS_MAX = 64 * 1024 * 1024; /* of all together */
const CACHE_BYTES_MAX = 128 * 1024 * 1024;

export class Refused extends Error {
}

function picture(width: number, height: number): void {
	if (!(width > 0 && height > 0 && width <= SIDE_MAX &&
		height <= SIDE_MAX && width * height <= DOTS_MAX))
		throw new Refused(`a picture of ${width} x ${height}`);
}

type Reader<T> = T & {
	from_dv(view: SpiceDataView, at: number, data: ArrayBuffer): number;
};

function readThen<T>(prototype: Reader<T>, check: (read: T) => void): void {
	const read = prototype.from_dv;

	prototype.from_dv = function (view, at, data) {
		const end = read.call(this, view, at, data);

		check(this);
		return end;
	};
}

/* How many dots the steps of an LZ picture make: never more than it has. */
function walkLz(bytes: Uint8Array, at: number, dots: number,
	extra: number, size: number): number {
	let made = 0;

	while (made < dots) {
		const control = bytes[at++];

		if (control === undefined)
			throw new Refused('an LZ picture that is cut short');
		if (control < 32) {
			at += (control + 1) * size;
			made += control + 1;
			continue;
		}
		let length = (control >> 5) - 1;
		let code = 255;

		while (length >= 6 && code === 255) {
			code = bytes[at++] ?? 0;
			length += code;
		}
		code = bytes[at++] ?? 0;
		if (code === 255 && (control & 31) === 31)
			at += 2;
		made += length + 1 + extra;
	}
	if (made > dots)
		throw new Refused('an LZ picture that has no end');
	return at;
}

function lz(image: LzImage): void {
	const dots = image.width * image.height;
	const bytes = new Uint8Array(image.data);

	picture(image.width, image.height);
	switch (image.type) {
	case Constants['LZ_IMAGE_TYPE_XXXA']:
		walkLz(bytes, 0, dots, 2, 1);
		break;
	case Constants['LZ_IMAGE_TYPE_RGB32']:
		walkLz(bytes, 0, dots, 0, 3);
		break;
	case Constants['LZ_IMAGE_TYPE_RGBA']:
		walkLz(bytes, walkLz(bytes, 0, dots, 0, 3), dots, 2, 1);
		break;
	default: /* the library draws no others */
	}
}

/* Nothing is read from behind a message's end, so no count outlives it. */
function boundReads(): void {
	const view = SpiceDataView.prototype;

	for (const [name, size] of [['getUint8', 1], ['getUint16', 2],
		['getUint32', 4]] as const) {
		const read = view[name];

		view[name] = function (at, little) {
			if (!(at >= 0 && at + size <= this.u8.length))
				throw new Refused('a message that is cut short');
			return read.call(this, at, little);
		};
	}
}

function boundPictures(): void {
	readThen(SpiceSurface.prototype, (s) => picture(s.width, s.height));
	readThen(SpiceBitmap.prototype, (b) => {
		picture(b.x, b.y);
		if (b.stride < b.x * 4 || b.stride * b.y > b.data.byteLength)
			refuseUnlessPalette(b);
	});
	readThen(SpiceImage.prototype, (i) => {
		if (i.lz_rgb)
			lz(i.lz_rgb);
		if (i.jpeg_alpha)
			lz(i.jpeg_alpha.alpha);
	});
	readThen(SpiceCursor.prototype, ({ header, data }) => {
		if (!header)
			return;
		if (header.width > CURSOR_MAX || header.height > CURSOR_MAX)
			throw new Refused('a pointer as large as a screen');
		if (header.type === Constants['SPICE_CURSOR_TYPE_ALPHA'] &&
			header.width * header.height * 4 > data.byteLength)
			throw new Refused('a pointer that is cut short');
	});
	const read = SpiceQuic.prototype.from_dv;

	/* this one decodes while it reads */
	SpiceQuic.prototype.from_dv = function (view, at, data) {
		picture(view.getUint32(at + 16, true), view.getUint32(at + 20, true));
		return read.call(this, view, at, data);
	};
}

/* Others than those of four bytes a dot are not drawn, so they do no harm. */
function refuseUnlessPalette(b: SpiceBitmap & { format?: number }): void {
	if (b.format === Constants['SPICE_BITMAP_FMT_32BIT'] ||
		b.format === Constants['SPICE_BITMAP_FMT_RGBA'])
		throw new Refused('a picture that is cut short');
}

/* Also what is copied from one part of a screen to another. */
function boundContexts(): void {
	const context = CanvasRenderingContext2D.prototype;
	const { getImageData } = context;

	context.getImageData = function (x: number, y: number, width: number,
		height: number, ...more: ImageDataSettings[]) {
		picture(width, height);
		return getImageData.call(this, x, y, width, height, ...more);
	};
}

/* Guests write into notes; the console of a browser is no place for them. */
function silence(): void {
	const conn = SpiceConn.prototype;

	conn.log_info = conn.log_warn = conn.log_err = () => {};
	console.log = () => {};
	/* for a browser that nobody has any more; it would also call alert() */
	SpiceSimulateCursor.simulate_cursor = () => {};
	/* its video element wants inline styles; Motion JPEG then comes */
	Webm['SPICE_VP8_CODEC'] = 'video/none';
}

export function guard(): void {
	boundReads();
	boundPictures();
	boundContexts();
	silence();
}

/* All surfaces of a screen together. */
export function boundSurfaces(all: Record<number, SpiceSurface>): void {
	let count = 0;
	let dots = 0;

	for (const surface of Object.values(all)) {
		count++;
		dots += surface.width * surface.height;
	}
	if (count > SURFACES_MAX || dots > SURFACE_DOTS_MAX)
		throw new Refused('more surfaces than this page keeps');
}

/*
 * What the guest asked to keep for later: a plain object to the library. The
 * server keeps within the 40 MiB it was told of; beyond the ceiling the
 * oldest are gone.
 */
export function imageCache(): Record<number, ImageData> {
	const kept = new Map<string, ImageData>();
	let bytes = 0;
	const drop = (id: string): boolean => {
		bytes -= kept.get(id)?.data.length ?? 0;
		kept.delete(id);
		return true;
	};

	return new Proxy<Record<string, ImageData>>({}, {
		get: (_, id: string) => kept.get(id),
		set(_, id: string, image: ImageData) {
			drop(id);
			kept.set(id, image);
			bytes += image.data.length;
			for (const oldest of kept.keys()) {
				if (bytes <= CACHE_BYTES_MAX)
					break;
				drop(oldest);
			}
			return true;
		},
		deleteProperty: (_, id: string) => drop(id),
	});
}
