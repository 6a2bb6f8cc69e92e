import { t } from '~/i18n/i18n'
import { useQuery } from '~/query'
import { settingsQuery } from '~/settings'
import { Skeleton } from '~/ui/skeleton'
import { showToast } from '~/ui/toast'
import { NameForm } from '~/welcome/name-form'
import { Act, Block, Card, Loaded, Page } from './parts'

/** What the server is called; for those who run it. */
export function PlacePage() {
  const settings = useQuery(() => settingsQuery)
  return (
    <Page title={t('This place')} lead={t('What it is called, and what those see who come new.')}>
      <Block title={t('Name and description')}>
        <Loaded query={settings} loading={t('Loading the name')} failed={t("The name couldn't be loaded")} skeleton={<Skeleton class="h-52 w-full rounded-card" />}>
          {(s) => (
            <Card class="p-4 sm:p-5">
              <NameForm server={s().server} onSaved={() => showToast({ title: t('Saved') })}>
                {(form) => (
                  <div class="flex justify-end">
                    <Act action={form.action} label={t('Save')} busyLabel={t('Saving…')} disabled={!form.changed} />
                  </div>
                )}
              </NameForm>
            </Card>
          )}
        </Loaded>
      </Block>
    </Page>
  )
}
