import SearchIcon from 'lucide-solid/icons/search'
import { createSignal, For, Show } from 'solid-js'
import { createAction } from '~/account/action'
import { Confirm } from '~/account/modal'
import { m, t } from '~/i18n/i18n'
import { T } from '~/i18n/t'
import { outranks } from '~/permissions.gen'
import type { BannedPerson, Role } from '~/realtime/wire.gen'
import { createPages } from '~/rooms/pages'
import { Avatar } from '~/ui/avatar'
import { Button } from '~/ui/button'
import { showToast } from '~/ui/toast'
import { getBanned, unban } from './calls'
import { Listed, Moment } from './listed'

/** Those who are kept out of the server, for who may let them in again. `role` is one's own. */
export function Banned(props: { role: Role }) {
  const [text, setText] = createSignal('')
  const [asked, setAsked] = createSignal<BannedPerson | null>(null)
  const pages = createPages<BannedPerson>(() => text().trim(), getBanned)
  const letIn = createAction(async (person: BannedPerson) => {
    const result = await unban(person.userId)
    if (result.ok) {
      showToast({ title: t('{name} may sign in again', { name: person.userName }) })
      pages.reload()
    }
    return result
  })
  return (
    <section>
      <h2 class="sr-only" tabindex="-1">{t('Banned@@people')}</h2>
      <label class="relative mt-4 block sm:max-w-72">
        <span class="sr-only">{t('Search those who are banned')}</span>
        <SearchIcon class="pointer-events-none absolute start-3 top-1/2 size-4 -translate-y-1/2 text-muted" aria-hidden="true" />
        <input
          type="search"
          class="h-10 w-full rounded-control border border-line-strong/70 bg-surface ps-9 pe-3 text-body placeholder:text-muted pointer-coarse:h-11 pointer-coarse:text-[1rem]"
          placeholder={t('Search by name')}
          value={text()}
          onInput={(event) => setText(event.currentTarget.value)}
        />
      </label>
      <Listed
        pages={pages}
        broken={t("Who is banned couldn't be loaded.")}
        empty={text().trim() === '' ? t('Nobody is banned from this server.') : t('Nobody who is banned is called “{words}”.', { words: text().trim() })}
      >
        {(people) => (
          <ul class="mt-4 divide-y divide-line rounded-card border border-line bg-surface" aria-label={t('Banned@@people')}>
            <For each={people()}>
              {(person) => (
                <li class="flex flex-wrap items-center gap-3 px-4 py-3">
                  <Avatar userId={person.userId} name={person.userName} image={person.userImage} class="size-8" />
                  <div class="min-w-0 flex-1 basis-48 [overflow-wrap:anywhere]">
                    <p id={`banned-${person.userId}`} class="text-body font-medium" dir="auto">{person.userName}</p>
                    <p class="text-meta text-muted">
                      <T
                        text={person.reason ? m('Banned {when}: {reason}') : m('Banned {when}')}
                        when={<Moment at={person.bannedAt} />}
                        reason={<bdi>{person.reason}</bdi>}
                      />
                    </p>
                  </div>
                  <Show when={outranks(props.role, person.role)}>
                    <Button variant="outline" size="small" aria-describedby={`banned-${person.userId}`} onClick={() => setAsked(person)}>
                      {t('Let them in again')}
                    </Button>
                  </Show>
                </li>
              )}
            </For>
          </ul>
        )}
      </Listed>
      <Confirm
        target={asked()}
        onClose={() => setAsked(null)}
        title={(person) => t('Let {name} in again?', { name: person.userName })}
        text={() => t('They can sign in again. Deleted messages stay deleted.')}
        label={t('Let them in')}
        busyLabel={t('One moment…')}
        action={letIn}
      />
    </section>
  )
}
