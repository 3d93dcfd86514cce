# Sourced by ./puzzle, ./test and .ci/run: finds a .NET SDK that can build this repository, or says in one line how to get it.
find_dotnet() {
  for candidate in "${DOTNET_ROOT:+$DOTNET_ROOT/dotnet}" "$(command -v dotnet || true)" "$HOME/.dotnet/dotnet" /usr/share/dotnet/dotnet /usr/lib/dotnet/dotnet; do
    if [ -n "$candidate" ] && [ -x "$candidate" ] && "$candidate" --list-sdks 2>/dev/null | grep -q '^10\.'; then
      DOTNET="$candidate"
      export DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1
      return 0
    fi
  done
  echo "Puzzle needs the .NET SDK 10.0: install it from https://dotnet.microsoft.com/download/dotnet/10.0 (or your distribution's package dotnet-sdk-10.0) and run this again." >&2
  return 1
}
