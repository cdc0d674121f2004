// SPDX-License-Identifier: Apache-2.0
/*
 * Every sentence the pages say, in one place, so that another language is another file of this shape. Plain words for
 * people who have never heard of us; no hurry, no blame. build.mjs fills the static pages from `pages` below.
 */

export const locale = 'en-GB';

function joined(items: string[], last: string): string {
	const head = items.slice(0, -1).join(', ');
	return items.length < 2 ? items.join('') : `${head} ${last} ${items[items.length - 1]}`;
}

export const listAnd = (items: string[]): string => joined(items, 'and');
export const listOr = (items: string[]): string => joined(items, 'or');

/** A moment as people write it; what is no date is shown as it stands. */
export function moment(text: string): string {
	const when = new Date(text);
	if (Number.isNaN(when.getTime()))
		return text;
	return new Intl.DateTimeFormat(locale, { dateStyle: 'long', timeStyle: 'short' }).format(when);
}

export function size(bytes: number): string {
	if (bytes === 1)
		return '1 byte';
	const units = ['bytes', 'kB', 'MB', 'GB'];
	let step = 0, value = bytes;
	for (; value >= 1000 && step < units.length - 1; step++)
		value /= 1000;
	return `${step === 0 || value >= 10 ? Math.round(value) : value.toFixed(1)} ${units[step]}`;
}

function clock(seconds: number): string {
	const minutes = Math.floor(seconds / 60);
	return minutes > 0 ? `${minutes}:${String(seconds % 60).padStart(2, '0')}` : `${seconds} s`;
}

function wait(seconds: number): string {
	if (seconds < 90)
		return `${Math.max(1, Math.round(seconds))} seconds`;
	return seconds < 5400 ? `${Math.ceil(seconds / 60)} minutes` : `${Math.ceil(seconds / 3600)} hours`;
}

/* "a…@example.com" is one word to a reader: no line ends inside. */
const whole = (hint: string): string => hint.replace('…', '\u2060…\u2060');

const recipients = (n: number): string => n === 1 ? 'the recipient above' : `the ${n} recipients above`;

export const say = {
	product: 'Protected message',
	loading: 'One moment…',
	about: 'About this mail',
	footer: 'Decrypted in your browser, not on this server.',
	newTab: 'opens in a new tab',
	privacy: 'Privacy',

	ask: {
		title: (who: string) => `${who} has sent you a protected message`,
		from: 'From',
		organisation: 'Organisation',
		to: 'For',
		received: 'Sent',
		expires: 'Readable until',
		never: 'no end date',
		explain: (hint: string) => `To make sure that it is you, we send a passcode to ${whole(hint)}.`,
		send: 'Send me a passcode',
		sending: 'Sending…',
		have: 'I already have a passcode',
		calm: 'Opening this page has changed nothing. Nothing is sent before you press the button.',
		signedIn: 'You are signed in on this device.',
		open: 'Open the message',
		someone: 'your address',
	},

	code: {
		title: 'Enter your passcode',
		earlier: 'Type the 8 digits from the newest passcode mail for this message. They work only in the browser that '
		    + 'asked for them.',
		sent: (to: string) => `We have sent an 8-digit passcode to ${whole(to)}.`,
		reference: 'Reference of the passcode mail',
		referenceHelp: 'Use the passcode from the mail that shows the same reference.',
		label: 'Passcode',
		hint: '8 digits',
		short: 'The passcode has 8 digits. Please check it.',
		stay: 'Keep me signed in on this device for 12 hours',
		stayHelp: 'Only on a device that is yours.',
		open: 'Open the message',
		checking: 'Checking…',
		resend: 'Send a new passcode',
		resendIn: (seconds: number) => `You can ask for a new one in ${clock(seconds)}`,
		resent: 'A new passcode is on its way. Earlier ones no longer work.',
		wrong: (left: number | null) => left === null ? 'That is not the passcode we sent.'
		    : left === 1 ? 'That is not the passcode we sent. You have one try left.'
		    : `That is not the passcode we sent. You have ${left} tries left.`,
		over: 'This passcode no longer works: it is too old or was tried too often. Please ask for a new one.',
		expiresIn: (minutes: number) => `It works for ${minutes} minutes, in this browser only.`,
		helpTitle: 'No mail with a passcode?',
		help: [
			'It usually arrives within a minute. Look in the spam or junk folder too.',
			'It comes from the same address as the first mail and goes only to the address shown above. '
			    + 'If that mailbox is not yours, ask the sender to write to the right one.',
			'You can leave this page open while you look.',
		],
	},

	key: {
		title: 'The opening key is missing',
		titleWrong: 'This opening key does not fit',
		why: 'The end of the link got lost on its way, often because a mail filter rewrote it. '
		    + 'Nothing is wrong with the message.',
		whyWrong: 'The key does not open this message. It may have a typing error or belong to another message.',
		how: 'Copy the whole link from the mail and paste it here, or type the opening key that stands below the button '
		    + 'in that mail.',
		label: 'Link or opening key',
		hint: '26 letters and digits; capitals, spaces and hyphens do not matter',
		count: (n: number) => `${n} of 26`,
		bad: 'This is neither a complete link nor an opening key of 26 letters and digits. Please compare it with the mail.',
		next: 'Continue',
		stays: 'The key stays in your browser. It is never sent to the server.',
	},

	opening: {
		title: 'Opening the message',
		text: 'Fetching and decrypting it in your browser.',
	},

	letter: {
		noSubject: '(no subject)',
		from: 'From', to: 'To', cc: 'Copy to', date: 'Date', replyTo: 'Replies go to', until: 'Readable until',
		nobody: 'undisclosed recipients',
		empty: 'This message has no text.',
		signOut: 'Sign out', print: 'Print', asText: 'Show as plain text', asHtml: 'Show with formatting',
		body: 'Message', tools: 'What you can do',
		blocked: (n: number) => (n === 1 ? 'A picture from the internet was not loaded'
		    : `${n} pictures from the internet were not loaded`) + ', so that nobody learns when you read this.',
		ambiguous: 'This message was written in an unusual way. Another mail program might show it differently.',
		more: (n: number) => `and ${n} more`,
	},

	rights: {
		read: 'read it', print: 'print it', extract: 'copy text from it', export: 'save its attachments',
		all: (can: string) => `You can ${can}.`,
		some: (can: string, cannot: string) => `You can ${can}. The sender does not allow you to ${cannot}.`,
		noPrint: 'The sender of this message does not allow printing.',
	},

	files: {
		title: (n: number) => n === 1 ? '1 attachment' : `${n} attachments`,
		save: 'Save', view: 'View', close: 'Close', cancel: 'Cancel', again: 'Try again',
		saved: 'Saved', checked: 'complete and unchanged',
		fetching: (percent: number) => `${percent} %`,
		unnamed: (n: number) => `attachment-${n}`,
		noSave: 'The sender does not allow saving, and this kind of file cannot be shown here.',
		damaged: 'This file did not arrive as it was sent, so it was not saved.',
		preview: (name: string) => `Preview of ${name}`,
		progress: (name: string) => `Fetching ${name}`,
	},

	review: {
		page: 'Decide about a message',
		footer: 'Opening this page changes nothing; only its buttons do.',
		from: 'From', to: 'To', received: 'Sent', rule: 'Rule', why: 'Why it is held', found: 'What was found',
		severity: 'Severity', until: 'Decide until',
		severities: { low: 'low', medium: 'medium', high: 'high' } as Record<string, string>,
		more: (n: number) => `and ${n} more`,
		choices: 'Your choice',
		later: (when: string) => `If nobody decides until ${when}, the message is not sent, and its sender is told.`,
		laterYours: (when: string) => `If you do nothing until ${when}, it is not sent.`,
		required: 'needed to send it', optional: 'may stay empty',
		count: (n: number) => `${n} of 1000`,
		tooShort: 'Please say why, in at least 10 characters.',
		tooLong: (n: number) => `That is too long: ${n} characters, 1000 at most.`,
		busy: 'One moment…',
		calm: 'You decide for good: neither choice can be taken back here.',
		kinds: {
			moderation: { title: 'May this message be sent?', needsReason: false,
				text: 'It waits for somebody to agree. If others were asked too, whoever decides first decides.',
				send: 'Send it', refuse: 'Do not send it', reason: 'A few words', reasonHint: 'The sender reads them if you refuse.',
				sendMeans: (n: number) => `it goes to ${recipients(n)}, unless somebody else has to agree too.`,
				refuseMeans: 'it is destroyed here, and the sender gets a mail with your words.' },
			quarantine: { title: 'A message is held back', needsReason: false,
				text: 'A rule holds it until somebody has looked at it. If others were asked too, whoever decides first decides.',
				send: 'Send it', refuse: 'Do not send it', reason: 'A few words', reasonHint: 'The sender reads them if you refuse.',
				sendMeans: (n: number) => `it goes to ${recipients(n)}, unless somebody else has to agree too.`,
				refuseMeans: 'it is destroyed here, and the sender gets a mail with your words.' },
			silent_override: { title: 'Your message has not been sent yet', needsReason: false,
				text: 'A rule of your organisation holds it back. You may have it sent all the same.',
				send: 'Send it all the same', refuse: 'Do not send it', reason: 'A few words',
				reasonHint: 'Kept with your decision.',
				sendMeans: (n: number) => `it goes to ${recipients(n)}; that you decided so is recorded.`,
				refuseMeans: 'it is destroyed here; you can change it and send it again.' },
			explicit_override: { title: 'Your message has not been sent yet', needsReason: true,
				text: 'A rule of your organisation holds it back. If it has to be sent all the same, say why.',
				send: 'Send it all the same', refuse: 'Do not send it', reason: 'Why it has to be sent',
				reasonHint: 'At least 10 characters; kept with your decision.',
				sendMeans: (n: number) => `it goes to ${recipients(n)}; your reason is recorded.`,
				refuseMeans: 'it is destroyed here; you can change it and send it again.' },
			false_positive: { title: 'Your message has not been sent yet', needsReason: false,
				text: 'A rule of your organisation holds it back. If the rule is wrong about it, say so and it is sent.',
				send: 'The rule is wrong: send it', refuse: 'Do not send it', reason: 'What is wrong',
				reasonHint: 'Helps those who look after the rule.',
				sendMeans: (n: number) => `it goes to ${recipients(n)}, and the rule is reported as wrong about it.`,
				refuseMeans: 'it is destroyed here; you can change it and send it again.' },
		},
		results: {
			approved: { title: 'The message is sent', text: 'It is on its way now.' },
			waits: { title: 'Approved, but not sent yet', text: 'Somebody else has to agree too. It is sent when all have.' },
			refused: { title: 'The message is not sent', text: 'It was refused and destroyed here.' },
			expired: { title: 'It is too late to decide', text: 'Nobody decided in time, so the message is not sent.' },
			closed: { title: 'There is nothing left to decide', text: 'The message was refused by somebody else, taken back, or '
			    + 'sent by an administrator.' },
		},
		you: 'you',
		decided: (who: string, when: string) => `Decided by ${who} on ${when}.`,
		inWords: (isYou: boolean) => isYou ? 'In your words' : 'In their words',
		close: 'You can close this page.',
		trouble: {
			not_found: ['This link does not work', 'It is incomplete, or there is nothing to decide behind it. Open it again from the '
			    + 'mail, or copy the whole link from there.'],
			offline: ['No connection', 'We could not reach the server. Nothing has been decided; please check your connection.'],
			too_many: ['Too many requests', 'Please wait a little and try again. Nothing has been decided.'],
			other: ['Something went wrong', 'Please try again in a moment.'],
		} as const,
	},

	bye: { title: 'You are signed out', text: 'You can close this page. The link in the mail opens the message again.',
		again: 'Back to the message' },

	trouble: {
		retry: 'Try again', restart: 'Start again', switch: 'Sign out and continue',
		contact: (sender: string) => `If you still need it, please ask ${sender}.`,
		wait: (seconds: number) => `Please try again in ${wait(seconds)}.`,
		revoked: ['This message was taken back', 'The sender has withdrawn it, and it can no longer be opened by anyone '
		    + 'through this link.'],
		expired: ['This message can no longer be read', 'The time the sender set for it is over, and its key has been '
		    + 'destroyed.'],
		not_found: ['There is no message here', 'The link is incomplete or has a typing error. Copy the whole link from '
		    + 'the mail and paste it below.'],
		not_yours: ['This message is for somebody else', 'You are signed in with an address this message was not sent to. '
		    + 'If it was sent to another address of yours, sign out and ask for a passcode there.'],
		too_many: ['Too many tries', 'To protect the message, we have stopped for a while.'],
		try_later: ['The server is busy', 'The message is safe. Please try again in a moment.'],
		offline: ['No connection', 'We could not reach the server. Please check your connection; the message is safe.'],
		sign_in: ['Please sign in again', 'Your sign-in is over. A new passcode brings you back.'],
		damaged: ['The message could not be opened', 'What arrived is not what was sealed, so nothing of it is shown. '
		    + 'Please try again; if it happens again, tell the sender.'],
		old: ['Your browser is too old or the page is not secure', 'Decrypting needs a current browser and an https '
		    + 'address. Please update your browser or open the link in another one.'],
		other: ['Something went wrong', 'The message is safe. Please try again in a moment.'],
	} as const satisfies Record<string, unknown>,
};

/** The words of the pages without script; `{{name}}` in pages/*.html. */
export const pages = (): Record<string, string> => ({
	lang: 'en',
	title: say.product,
	loading: say.loading,
	about: say.about,
	footer: say.footer,
	review_noscript: 'What waits for your decision is fetched by this page, and only with the secret at the end of your link. '
	    + 'That needs JavaScript. All of it comes from this server; nothing is loaded from anybody else.',
	review_title: say.review.page,
	noscript_title: 'Please allow JavaScript for this page',
	noscript_text: 'The message is decrypted here in your browser, and nowhere else. That needs JavaScript. All of it comes '
	    + 'from this server; nothing is loaded from anybody else.',
	old_title: say.trouble.old[0],
	old_text: say.trouble.old[1],
	frame_title: say.letter.body,
	no_print: say.rights.noPrint,
	about_lead: 'Somebody has sent you a message that only you should read. This page explains how that works.',
	about_why_title: 'Why did I get this?',
	about_why: 'An organisation that writes to you protects some of its mail. Instead of the text itself you got a notice with '
	    + 'a link. Behind the link, the message is decrypted in your browser. You need no account, no program and no '
	    + 'password of your own.',
	about_how_title: 'How do I open it?',
	about_how_1: 'Press the button in the notice, or copy the link into your browser.',
	about_how_2: 'Ask for a passcode. We send it to the address the notice was sent to, usually within a minute.',
	about_how_3: 'Type the 8 digits. The reference on the page and in the passcode mail must be the same.',
	about_how_key: 'If the page says that the opening key is missing, your mail system has shortened the link. Paste the whole '
	    + 'link, or type the opening key that stands in the notice.',
	about_real_title: 'How can I tell that it is genuine?',
	about_real_1: 'The notice names a person or an office you know, with their real address.',
	about_real_2: 'The address of this page, at the top of your browser, belongs to the organisation that writes to you. '
	    + 'Look at the part before the first single slash.',
	about_real_3: 'We never ask for the password of your mailbox, for payment or for a copy of an identity card.',
	about_real_4: 'There is no hurry. If you are not sure, ask the sender by phone, with a number you already have.',
	about_private_title: 'What happens to my data?',
	about_private_1: 'The message is stored encrypted. One half of its key is in your link, the other half is given out only '
	    + 'after the passcode. Neither the mail alone nor this server alone can open it.',
	about_private_2: 'The half in your link is never sent to the server.',
	about_private_3: 'There are no trackers, no pictures from elsewhere and no cookies except one that keeps you signed in.',
	about_private_4: 'The sender\'s organisation keeps a record of when the message was opened. It holds nothing of its content.',
	about_end_title: 'What if it no longer opens?',
	about_end: 'The sender sets how long a message can be read, and can take it back. Then its key is destroyed and nobody can '
	    + 'bring it back. Please ask the sender to send it again.',
});
