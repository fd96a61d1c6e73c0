"""How the tests and the pictures of the documents start their browser."""

from typing import Final

# What Playwright leaves out by itself, which a second switch of the same name replaces.
_LEFT_OUT_BY_PLAYWRIGHT: Final = (
    "AvoidUnnecessaryBeforeUnloadCheckSync",
    "DestroyProfileOnBrowserClose",
    "HttpsUpgrades",
    "HttpsFirstBalancedModeAutoEnable",
    "LensOverlay",
    "MediaRouter",
    "PaintHolding",
    "ThirdPartyStoragePartitioning",
    "AvoidCorsURLLoaderRestartOnRedirect",
    "OptimizationHints",
    "NetworkTimeServiceQuerying",
    "AimEnabled",
    "PreconnectToSearch",
)
# The address bar's suggestions are pages of their own, two for each window: they took two thirds of what a
# browser used of the processor, and nobody types an address here.
_SUGGESTIONS: Final = ("WebUIOmniboxPopup", "WebUIOmniboxAimPopup", "WebUIOmniboxFullPopup")

ARGUMENTS: Final = (
    "--no-sandbox",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    f"--disable-features={','.join((*_LEFT_OUT_BY_PLAYWRIGHT, *_SUGGESTIONS))}",
)
