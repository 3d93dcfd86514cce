using Spectre.Console;

namespace Puzzle.Cli.Screens;

/// <summary>What stdout and stderr are, and consoles for them.</summary>
internal static class Terminals
{
    public static bool OutputIsTerminal => !Console.IsOutputRedirected && !IsDumb;

    public static bool ErrorIsTerminal => !Console.IsErrorRedirected && !IsDumb;

    private static bool IsDumb => Environment.GetEnvironmentVariable("TERM") is "dumb" or "" || Environment.GetEnvironmentVariable("CI") == "true";

    private static bool NoColor => Environment.GetEnvironmentVariable("NO_COLOR") is { Length: > 0 };

    public static IAnsiConsole Create(TextWriter writer, bool terminal)
    {
        var console = AnsiConsole.Create(new AnsiConsoleSettings
        {
            Ansi = terminal ? AnsiSupport.Detect : AnsiSupport.No,
            ColorSystem = terminal && !NoColor ? ColorSystemSupport.Detect : ColorSystemSupport.NoColors,
            Interactive = InteractionSupport.No,
            Out = new AnsiConsoleOutput(writer),
        });
        if (!terminal)
            console.Profile.Width = 240;
        return console;
    }
}
