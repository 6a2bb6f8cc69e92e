import { useQueryClient } from '@tanstack/solid-query'
import { createEffect, createMemo, createSignal, on, onCleanup, onMount, Show } from 'solid-js'
import { useLive } from '~/app/live'
import { nameFault } from '~/auth/fields'
import { Field } from '~/auth/form'
import { t } from '~/i18n/i18n'
import { useQuery } from '~/query'
import { Avatar } from '~/ui/avatar'
import { Button } from '~/ui/button'
import { cn } from '~/ui/cn'
import { Skeleton } from '~/ui/skeleton'
import { showToast } from '~/ui/toast'
import { createAction } from './action'
import { MAX_FILE } from './avatar-upload'
import { CropDialog, type Chosen } from './crop-dialog'
import { EmailBlock } from './email-block'
import { meQuery, removePicture, showProfile, updateName } from './me'
import { Act, Block, Card, Fault, Loaded, Page } from './parts'

export function ProfilePage() {
  const { account } = useLive()
  const me = useQuery(() => meQuery)
  return (
    <Page title={t('Profile')} lead={t('How others see you in the rooms.')}>
      <Block title={t('Name and picture')}>
        <Card>
          <PictureRow />
          <NameRow />
        </Card>
      </Block>
      <Show when={!account().guest}>
        <Loaded query={me} loading={t('Loading your e-mail address')} failed={t("Your e-mail address couldn't be loaded")} skeleton={<Skeleton class="h-32 w-full rounded-card" />}>
          {(loaded) => <EmailBlock me={loaded()} />}
        </Loaded>
      </Show>
    </Page>
  )
}

function PictureRow() {
  const { account } = useLive()
  const client = useQueryClient()
  const [chosen, setChosen] = createSignal<Chosen | null>(null)
  const [fault, setFault] = createSignal('')
  const [over, setOver] = createSignal(false)
  let input!: HTMLInputElement

  async function choose(file: File | null | undefined) {
    if (!file) return
    setFault('')
    if (file.size > MAX_FILE) return setFault(t('That file has {size} MB. Choose one of at most {max} MB.', { size: Math.round(file.size / 2 ** 20), max: MAX_FILE >> 20 }))
    try {
      // Cameras note how they were held; it is turned upright here as on the server.
      setChosen({ file, picture: await createImageBitmap(file, { imageOrientation: 'from-image' }) })
    } catch {
      setFault(t('That is not a picture that this browser can read. Choose a PNG, JPEG, WebP or GIF.'))
    }
  }

  function paste(event: ClipboardEvent) {
    const file = [...(event.clipboardData?.files ?? [])].find((f) => f.type.startsWith('image/'))
    if (!file || chosen()) return
    event.preventDefault()
    void choose(file)
  }
  onMount(() => {
    document.addEventListener('paste', paste)
    onCleanup(() => document.removeEventListener('paste', paste))
  })

  const remove = createAction(removePicture, {
    done() {
      showProfile(client, { image: null })
      showToast({ title: t('Picture removed') })
    },
  })

  function done(image: string) {
    setChosen(null)
    showProfile(client, { image })
    showToast({ title: t('New picture saved') })
  }

  return (
    <>
      <div
        class={cn('flex flex-wrap items-center gap-x-4 gap-y-3 rounded-t-card sm:gap-x-5 px-4 py-5 sm:px-5', over() && 'bg-accent-soft outline-2 -outline-offset-2 outline-accent outline-dashed')}
        onDragOver={(event) => {
          event.preventDefault()
          setOver(true)
        }}
        onDragLeave={() => setOver(false)}
        onDrop={(event) => {
          event.preventDefault()
          setOver(false)
          void choose(event.dataTransfer?.files[0])
        }}
      >
        <Avatar userId={account().id} name={account().name} image={account().image} class="size-16 text-headline sm:size-18" />
        <div class="flex min-w-0 flex-1 basis-40 flex-col gap-2">
          <div class="flex flex-wrap gap-2">
            <input
              ref={input}
              type="file"
              accept="image/*"
              class="hidden"
              aria-label={t('Choose a picture')}
              tabindex="-1"
              onChange={(event) => {
                void choose(event.currentTarget.files?.[0])
                // The same file again is a choice too.
                event.currentTarget.value = ''
              }}
            />
            <Button variant="outline" aria-label={account().image ? t('Change picture') : undefined} onClick={() => input.click()}>
              {account().image ? t('Change') : t('Choose a picture')}
            </Button>
            <Show when={account().image}>
              <Act action={remove} variant="quiet" label={t('Remove')} busyLabel={t('Removing…')} named={t('Remove picture')} onClick={() => void remove.run()} />
            </Show>
          </div>
          <p class="text-meta text-muted">
            <span class="pointer-coarse:hidden">{t('Or drop one here, or paste it.')} </span>
            {t('Nothing but the picture is kept of the file.')}
          </p>
        </div>
        <div role="alert" class="basis-full empty:hidden">
          <Show when={fault()}>
            <p class="rounded-control bg-bad-soft px-3 py-2 text-meta text-bad">{fault()}</p>
          </Show>
        </div>
        <Fault action={remove} class="basis-full" />
      </div>
      <CropDialog chosen={chosen()} onClose={() => setChosen(null)} onDone={done} />
    </>
  )
}

function NameRow() {
  const { account } = useLive()
  const client = useQueryClient()
  const [name, setName] = createSignal(account().name)
  const [tried, setTried] = createSignal(false)
  // Saved here, or on another page of this browser. Other news of the account leave what is typed.
  const saved = createMemo(() => account().name)
  createEffect(on(saved, (now) => setName(now), { defer: true }))

  const save = createAction(updateName, {
    done(_, next) {
      showProfile(client, { name: next })
      setTried(false)
      showToast({ title: t('Name saved') })
      void client.invalidateQueries({ queryKey: meQuery.queryKey })
    },
  })
  const changed = () => name().trim() !== account().name

  function submit(event: SubmitEvent) {
    event.preventDefault()
    setTried(true)
    if (nameFault(name()) || !changed()) return
    void save.run(name().trim())
  }

  return (
    <form class="flex flex-col gap-3 px-4 py-5 sm:px-5" onSubmit={submit} noValidate>
      <div class="flex items-start gap-3">
        <div class="min-w-0 flex-1">
          <Field
            label={t('Name@@of a person')} name="name" autocomplete="name" hint={t('Stands beside your messages.')}
            value={name()} onChange={(value) => {
              setName(value)
              save.reset()
            }} fault={tried() ? nameFault(name()) : ''}
          />
        </div>
        <Act action={save} variant={changed() ? 'solid' : 'outline'} class="mt-6 h-11" label={t('Save')} busyLabel={t('Saving…')} disabled={!changed()} />
      </div>
      <Fault action={save} />
    </form>
  )
}
