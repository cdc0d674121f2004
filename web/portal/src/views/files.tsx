// SPDX-License-Identifier: Apache-2.0
/* The attachments: fetched, decrypted, compared with the manifest's SHA-256, then saved or shown; one at a time each. */
import { useEffect, useRef, useState } from 'preact/hooks';
import type { Bytes } from '../crypto.ts';
import { ApiError, blobOf, openAttachment, SealError, type OpenLetter, type Portal } from '../open.ts';
import type { Rights } from '../rights.ts';
import { canPreview, preview, safeName, save, type Preview } from '../save.ts';
import { say, size } from '../strings.ts';
import { Notice, Progress } from './parts.tsx';

interface FileFacts {
	name: string;
	type: string;
	size: number;
	fetch(progress: (done: number) => void, stop: AbortSignal): Promise<Bytes>;
}

function filesOf(portal: Portal, letter: OpenLetter, loose: number[]): FileFacts[] {
	const { attachments, inline } = letter.manifest;
	const attached = attachments.map((one, i): FileFacts => ({
		name: safeName(one.name, say.files.unnamed(i + 1)), type: one.type, size: one.size,
		fetch: (progress, stop) => openAttachment(portal, letter, one, progress, stop),
	}));
	const rest = loose.map((index, i): FileFacts => {
		const one = inline[index]!;
		return { name: safeName(one.name, say.files.unnamed(attachments.length + i + 1)), type: one.type,
			size: one.len, fetch: () => Promise.resolve(blobOf(letter, one)) };
	});
	return [...attached, ...rest];
}

type State = { at: 'rest' } | { at: 'fetching'; done: number; stop: AbortController } | { at: 'saved' }
    | { at: 'failed'; why: string } | { at: 'shown'; what: Preview };

function Shown(props: { what: Preview; name: string }) {
	useEffect(() => () => {
		if ('picture' in props.what)
			URL.revokeObjectURL(props.what.picture);
	}, [props.what]);
	return 'picture' in props.what ? <img class="preview" src={props.what.picture} alt={say.files.preview(props.name)} />
	    : <pre class="preview" tabIndex={0} aria-label={say.files.preview(props.name)}>{props.what.text}</pre>;
}

const whyNot = (error: unknown): string => error instanceof SealError ? say.files.damaged
    : error instanceof ApiError && error.code === 'offline' ? say.trouble.offline[1]
    : error instanceof ApiError && error.retryAfterS > 0 ? say.trouble.wait(error.retryAfterS)
    : error instanceof ApiError && error.status === 503 ? say.trouble.try_later[1] : say.trouble.other[1];

/* Errors that end the whole sitting rather than one file. */
const isOver = (error: unknown): boolean =>
    error instanceof ApiError && ['sign_in', 'not_yours', 'revoked', 'expired', 'not_found'].includes(error.code);

function FileRow(props: { file: FileFacts; rights: Rights; lost(error: unknown): void }) {
	const { file, rights } = props;
	const [state, setState] = useState<State>({ at: 'rest' });
	const alive = useRef(true);
	const stopper = useRef<AbortController | null>(null);
	useEffect(() => () => { alive.current = false; stopper.current?.abort(); }, []);
	const start = async (end: (bytes: Bytes) => State) => {
		const stop = stopper.current = new AbortController();
		const hear = (done: number) => { if (alive.current && !stop.signal.aborted) setState({ at: 'fetching', done, stop }); };
		hear(0);
		try {
			const bytes = await file.fetch(hear, stop.signal);
			if (alive.current && !stop.signal.aborted)
				setState(end(bytes));
		} catch (error) {
			if (!alive.current)
				return;
			if (isOver(error))
				return props.lost(error);
			setState(stop.signal.aborted ? { at: 'rest' } : { at: 'failed', why: whyNot(error) });
		}
	};
	const saveIt = () => start(bytes => { save(bytes, file.name); return { at: 'saved' }; });
	const showIt = () => start(bytes => ({ at: 'shown', what: preview(bytes, file.type) }));
	const shows = canPreview(file.type, file.size);
	const busy = state.at === 'fetching';
	return <li class="file">
		<div class="file-head">
			<div class="file-name"><bdi>{file.name}</bdi> <span class="soft">{size(file.size)}</span></div>
			<div class="file-tools">
				{busy && <button type="button" onClick={() => { state.stop.abort(); setState({ at: 'rest' }); }}>
					{say.files.cancel}<span class="unseen"> {file.name}</span></button>}
				{state.at === 'shown' && <button type="button" onClick={() => setState({ at: 'rest' })}>
					{say.files.close}<span class="unseen"> {file.name}</span></button>}
				{!busy && state.at !== 'shown' && shows && <button type="button" onClick={showIt}>
					{say.files.view}<span class="unseen"> {file.name}</span></button>}
				{!busy && rights.export && <button type="button" onClick={saveIt}>
					{state.at === 'failed' ? say.files.again : say.files.save}
					<span class="unseen"> {file.name}</span></button>}
			</div>
		</div>
		{busy && <div class="file-progress"><Progress label={say.files.progress(file.name)} done={state.done} total={file.size} />
			<span>{say.files.fetching(Math.floor(100 * state.done / Math.max(1, file.size)))}</span></div>}
		<div role="status" class="file-status">{state.at === 'saved' && `${say.files.saved}: ${say.files.checked}`}</div>
		{state.at === 'failed' && <Notice kind="error">{state.why}</Notice>}
		{!rights.export && !shows && <p class="soft">{say.files.noSave}</p>}
		{state.at === 'shown' && <Shown what={state.what} name={file.name} />}
	</li>;
}

export function Files(props: { portal: Portal; letter: OpenLetter; rights: Rights; loose: number[];
    lost(error: unknown): void }) {
	const files = filesOf(props.portal, props.letter, props.loose);
	if (files.length === 0)
		return null;
	return <section class="files" aria-labelledby="files">
		<h2 id="files">{say.files.title(files.length)}</h2>
		<ul>{files.map((file, i) => <FileRow key={i} file={file} rights={props.rights} lost={props.lost} />)}</ul>
	</section>;
}
