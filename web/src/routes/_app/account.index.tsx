import { createFileRoute } from '@tanstack/solid-router'
import { AccountIndex } from '~/account/frame'
import { ProfilePage } from '~/account/profile-page'

export const Route = createFileRoute('/_app/account/')({ component: () => <AccountIndex first={() => <ProfilePage />} /> })
