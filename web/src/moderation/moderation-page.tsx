import { Link, useRouter } from '@tanstack/solid-router'
import ChevronLeft from 'lucide-solid/icons/chevron-left'
import X from 'lucide-solid/icons/x'
import { createEffect, createMemo, createSignal, For, Match, on, onCleanup, onMount, Show, Switch } from 'solid-js'
import { createAction } from '~/account/action'
import { meQuery } from '~/account/me'
import { Confirm, Modal } from '~/account/modal'
import { Act, Fault } from '~/account/parts'
import { useLive } from '~/app/live'
import { labelOf } from '~/app/naming'
import { m, plural, t } from '~/i18n/i18n'
import { T } from '~/i18n/t'
import { may } from '~/permissions.gen'
import { useQuery } from '~/query'
import type { Report } from '~/realtime/wire.gen'
import { Select } from '~/rooms/block'
import { createPages } from '~/rooms/pages'
import { Avatar } from '~/ui/avatar'
import { Badge } from '~/ui/badge'
import { Button, buttonVariants } from '~/ui/button'
import { Choice } from '~/ui/choice'
import { DialogFooter } from '~/ui/dialog'
import { personName } from '~/ui/person'
import { showToast } from '~/ui/toast'
import { Area } from './area'
import { auditWords } from './audit-words'
import { Banned } from './banned'
import { closeReport, deleteMessage, getAudit, getReports, type AuditLine } from './calls'
import { Listed, Moment, Nothing, Skeletons } from './listed'
import { PersonDialog } from './person-dialog'
import { undisturbed } from './undisturbed'

const NOTE_CHARS = 1_000

type View = 'reports' | 'log' | 'banned'

interface Somebody {
  userId: string
  userName: string
  userImage?: string | undefined
}

/** What was reported, what those did who keep order, and who is banned. */
export function ModerationPage() {
  const live = useLive()
  const me = useQuery(() => meQuery)
  const [chosen, setView] = createSignal<View>('reports')
  const bans = () => !me.isPending && me.data !== undefined && may('ban', me.data.role, 'server')
  // What one may do here changes while one looks at it.
  const view = (): View => (chosen() === 'banned' && !bans() ? 'reports' : chosen())
  const moderates = createMemo(() => !live.rooms.settled() || live.rooms.rooms().some((r) => may('see_reports', r.role, r.kind)))
  const views = () => [
    { value: 'reports' as const, label: t('Reports') },
    { value: 'log' as const, label: t('Audit log') },
    ...(bans() ? [{ value: 'banned' as const, label: t('Banned@@people') }] : []),
  ]
  onMount(() => {
    document.title = t('Moderation · Snug')
  })
  return (
    <main id="main" tabindex="-1" class="scrollbar-calm min-w-0 flex-1 overflow-y-auto outline-none">
      <div class="mx-auto flex min-h-full w-full max-w-[44rem] flex-col px-3 pb-10 sm:px-6 md:mx-0 md:px-10">
        <header class="sticky top-0 z-10 -mx-3 flex h-14 items-center gap-1 bg-paper ps-1 pe-3 sm:static sm:mx-0 sm:h-auto sm:px-0 sm:pt-10">
          <Link to="/rooms" class={`${buttonVariants({ variant: 'quiet', size: 'icon' })} sm:hidden`} aria-label={t('All rooms')}>
            <ChevronLeft class="size-5 mirrored" aria-hidden="true" />
          </Link>
          <h1 tabindex="-1" class="min-w-0 flex-1 truncate outline-none text-title font-semibold tracking-tight sm:text-headline">{t('Moderation')}</h1>
        </header>
        <p class="mt-1 max-w-[36rem] text-body text-muted">{t('What people reported in the rooms that you look after, and who did what about it.')}</p>
        <div class="mt-5 w-full sm:w-96">
          <Choice label={t('What to show')} hideLabel options={views()} value={view()} onChange={setView} />
        </div>
        <Switch>
          <Match when={view() === 'reports'}>
            <Show when={moderates()} fallback={<Nothing text={t('You look after no room: nothing is reported to you.')} />}>
              <Reports />
            </Show>
          </Match>
          <Match when={view() === 'log'}><Log /></Match>
          <Match when={view() === 'banned'}><Banned role={me.data?.role ?? 'member'} /></Match>
        </Switch>
      </div>
    </main>
  )
}

function Reports() {
  const router = useRouter()
  const [which, setWhich] = createSignal<'open' | 'all'>('open')
  const [about, setAbout] = createSignal<{ user: Somebody; slug: string } | null>(null)
  const [closing, setClosing] = createSignal<{ report: Report; state: 'handled' | 'dismissed' } | null>(null)
  const [deleting, setDeleting] = createSignal<Report | null>(null)
  const pages = createPages<Report>(which, (query, after, signal) => getReports(query === 'open', after, signal))
  // Not under the hand of who is at one of them.
  const reload = undisturbed('#main li, [role=dialog], [role=alertdialog]', () => pages.reload())
  const live = useLive()
  onCleanup(live.connection.subscribe({ onFrame: (frame) => frame.type === 'reports' && reload() }))
  const sees = createMemo(() => live.rooms.rooms().filter((r) => may('see_reports', r.role, r.kind)).map((r) => r.slug).join())
  createEffect(on(sees, () => pages.reload(), { defer: true }))
  const remove = createAction((report: Report) => deleteMessage(report.room, report.message.id), { done: () => showToast({ title: t('The message is deleted') }) })

  function jump(report: Report) {
    void router.navigate({ to: '/rooms/$slug', params: { slug: report.room }, search: { message: report.message.id } })
  }

  return (
    <>
      <div class="mt-4 w-full sm:w-52">
        <Choice label={t('Which reports')} hideLabel options={[{ value: 'open', label: t('Open@@reports that are not closed') }, { value: 'all', label: t('All@@reports') }]} value={which()} onChange={setWhich} />
      </div>
      <Listed
        pages={pages}
        broken={t("The reports couldn't be loaded.")}
        empty={which() === 'open' ? t('Nothing is waiting for you. What people report with a message’s menu comes here.') : t('Nothing has been reported yet.')}
      >
        {(reports) => (
          <ul class="mt-4 flex flex-col gap-3" aria-label={t('Reports')}>
            <For each={reports()}>
              {(report) => (
                <li class="rounded-card border border-line bg-surface p-4">
                  <p class="flex flex-wrap items-center gap-x-2 gap-y-1 text-meta text-muted">
                    <span>
                      <T
                        text={report.roomName !== '' ? m('Reported by {who} {when} in {room}') : report.room === '' ? m('Reported by {who} {when} in a room that you don’t see') : m('Reported by {who} {when}')}
                        who={<span class="font-medium text-ink" dir="auto">{report.reportedBy.userName}</span>}
                        when={<Moment at={report.at} />}
                        room={report.roomName}
                      />
                    </span>
                    <Show when={report.state !== 'open'}><Badge tone={report.state === 'handled' ? 'good' : 'plain'}>{report.state === 'handled' ? t('Handled') : t('Dismissed')}</Badge></Show>
                  </p>
                  <Show when={report.reason !== ''}>
                    <p class="mt-1 text-body [overflow-wrap:anywhere]" dir="auto">{report.reason}</p>
                  </Show>
                  <blockquote class="mt-3 flex gap-3 rounded-control border border-line bg-sunken p-3">
                    <Avatar userId={report.message.userId} name={report.message.userName} image={report.message.userImage} class="size-8" />
                    <div class="min-w-0">
                      <p class="text-meta font-semibold wrap-anywhere" dir="auto">{personName(report.message.userName)}</p>
                      <p class="scrollbar-calm max-h-48 overflow-y-auto text-body whitespace-pre-wrap [overflow-wrap:anywhere]" dir="auto">
                        {report.message.content}
                      </p>
                      <Show when={report.message.attachments?.length}>
                        {(n) => <p class="text-meta text-muted">{plural(n(), 'With a file', 'With {count} files')}</p>}
                      </Show>
                    </div>
                  </blockquote>
                  <Show
                    when={report.state === 'open'}
                    fallback={
                      <p class="mt-3 text-meta text-muted">
                        <T
                          text={report.state === 'handled' ? (report.note ? m('Handled by {who} {when}: {note}') : m('Handled by {who} {when}')) : report.note ? m('Dismissed by {who} {when}: {note}') : m('Dismissed by {who} {when}')}
                          who={report.closedBy?.userName ?? t('somebody@@who did something')}
                          when={<Moment at={report.closedAt ?? 0} />}
                          note={report.note}
                        />
                      </p>
                    }
                  >
                    <div class="mt-3 flex flex-wrap gap-2">
                      <Show when={report.room !== ''}>
                        <Button variant="outline" size="small" onClick={() => jump(report)}>{t('Show it')}</Button>
                        <Button variant="outline" size="small" class="text-bad" onClick={() => setDeleting(report)}>{t('Delete message')}</Button>
                      </Show>
                      <Button variant="outline" size="small" onClick={() => setAbout({ user: report.message, slug: report.room })}>
                        <span class="truncate">{t('About {name}…', { name: personName(report.message.userName) })}</span>
                      </Button>
                      <span class="grow" />
                      <Button variant="quiet" size="small" onClick={() => setClosing({ report, state: 'dismissed' })}>{t('Dismiss@@a report')}</Button>
                      <Button size="small" onClick={() => setClosing({ report, state: 'handled' })}>{t('Mark handled')}</Button>
                    </div>
                  </Show>
                </li>
              )}
            </For>
          </ul>
        )}
      </Listed>
      <Confirm
        target={deleting()}
        onClose={() => setDeleting(null)}
        title={() => t('Delete this message?')}
        text={(report) => t('What {name} wrote is deleted for everybody. The report keeps it for those who moderate.', { name: personName(report.message.userName) })}
        label={t('Delete')}
        busyLabel={t('Deleting…')}
        action={remove}
      />
      <Show when={closing()} keyed>
        {(c) => (
          <CloseDialog
            {...c}
            onClose={() => setClosing(null)}
            onDone={() => {
              setClosing(null)
              pages.reload()
            }}
          />
        )}
      </Show>
      <Show when={about()} keyed>{(a) => <PersonDialog user={a.user} slug={a.slug} onClose={() => setAbout(null)} />}</Show>
    </>
  )
}

function CloseDialog(props: { report: Report; state: 'handled' | 'dismissed'; onClose(): void; onDone(): void }) {
  const [note, setNote] = createSignal('')
  const close = createAction(() => closeReport(props.report.id, props.state, note().trim()), {
    done() {
      showToast({ title: props.state === 'handled' ? t('The report is handled') : t('The report is dismissed') })
      props.onDone()
    },
  })
  return (
    <Modal
      open
      onClose={() => props.onClose()}
      title={props.state === 'handled' ? t('Mark as handled?') : t('Dismiss this report?')}
      text={props.state === 'handled' ? t('Something was done about it. Other reports of the same message are closed too.') : t('Nothing is wrong with the message. Other reports of it are closed too.')}
    >
      <Area label={t('A note for the audit log (optional)')} value={note()} limit={NOTE_CHARS} onChange={setNote} />
      <Fault action={close} />
      <DialogFooter>
        <Button variant="outline" onClick={() => props.onClose()}>{t('Cancel')}</Button>
        <Act action={close} label={props.state === 'handled' ? t('Handled') : t('Dismiss@@a report')} busyLabel={t('One moment…')} onClick={() => void close.run()} />
      </DialogFooter>
    </Modal>
  )
}

function Log() {
  const live = useLive()
  const me = useQuery(() => meQuery)
  const server = () => me.data !== undefined && may('see_audit', me.data.role, 'server')
  const rooms = createMemo(() => live.rooms.rooms().filter((r) => may('see_audit', r.role, r.kind)))
  const [room, setRoom] = createSignal<string>()
  const [person, setPerson] = createSignal<Somebody | null>(null)
  // Who doesn't see that of the server begins with a room of theirs.
  const chosen = () => options().find(({ value }) => value === room())?.value ?? options()[0]?.value
  const options = () => [...(server() ? [{ value: '', label: t('The server and its rooms') }] : []), ...rooms().map((r) => ({ value: r.slug, label: labelOf(r) }))]
  return (
    <Show when={!me.isPending} fallback={<Skeletons />}>
      <Show when={chosen() !== undefined} fallback={<Nothing text={t('You look after no room yet: there is no log for you to see.')} />}>
        <div class="mt-4 flex flex-wrap items-end gap-3">
          <div class="min-w-0 flex-1 basis-56 sm:max-w-72">
            <Select label={t('Of@@whose audit log')} value={chosen() ?? ''} options={options()} onChange={setRoom} />
          </div>
          <Show when={person()}>
            {(p) => (
              <Button variant="outline" aria-label={t('{name} alone: show all again', { name: p().userName })} onClick={() => setPerson(null)}>
                <span class="min-w-0 truncate" dir="auto">{p().userName}</span>
                <X class="size-4 shrink-0" aria-hidden="true" />
              </Button>
            )}
          </Show>
        </div>
        <Entries room={chosen() ?? ''} user={person()?.userId ?? ''} onPerson={setPerson} />
      </Show>
    </Show>
  )
}

function Entries(props: { room: string; user: string; onPerson(person: Somebody): void }) {
  const pages = createPages<AuditLine>(
    () => JSON.stringify([props.room, props.user]),
    (_, after, signal) => getAudit({ room: props.room, user: props.user }, after, signal),
  )
  return (
    <Listed pages={pages} broken={t("The audit log couldn't be loaded.")} empty={t('Nothing is in the log yet. What moderators, admins and owners do is kept here for a year.')}>
      {(entries) => (
        <ol class="mt-4 divide-y divide-line rounded-card border border-line bg-surface" aria-label={t('Audit log')}>
          <For each={entries()}>
            {(entry) => (
              <li class="flex flex-wrap items-baseline gap-x-4 gap-y-0.5 px-4 py-2.5">
                <p class="min-w-0 flex-1 basis-64 text-body [overflow-wrap:anywhere]">
                  <T
                    {...auditWords(entry)}
                    who={
                      <bdi>
                        <Show when={entry.by.userId !== ''} fallback={<strong class="font-medium">{t('Whoever runs the server')}</strong>}>
                          <button type="button" class="rounded-control font-medium hover:underline" title={t('Show {name} alone', { name: entry.by.userName })} onClick={() => props.onPerson(entry.by)}>
                            {entry.by.userName}
                          </button>
                        </Show>
                      </bdi>
                    }
                  />
                </p>
                <span class="text-meta text-muted"><Moment at={entry.at} /></span>
              </li>
            )}
          </For>
        </ol>
      )}
    </Listed>
  )
}
