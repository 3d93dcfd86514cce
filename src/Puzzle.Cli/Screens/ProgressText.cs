using Puzzle.Core.Telemetry;

namespace Puzzle.Cli.Screens;

/// <summary>Progress in words.</summary>
internal static class ProgressText
{
    public static string Of(ProgressSnapshot s) => string.Join(' ', Parts(s).Where(part => part.Length > 0));

    /// <summary>1.2k, 38k, 1.5M.</summary>
    public static string Short(double number) => number switch
    {
        >= 9.995e8 => $"{number / 1e9:0.##}B",
        >= 9.995e5 => $"{number / 1e6:0.##}M",
        >= 9995 => $"{number / 1e3:0.#}k",
        >= 100 => $"{number:0}",
        _ => $"{number:0.##}",
    };

    /// <summary>45s, 3m 20s, 2h 05m.</summary>
    public static string Duration(TimeSpan time) => time.TotalSeconds switch
    {
        < 10 => $"{time.TotalSeconds:0.0}s",
        < 60 => $"{time.TotalSeconds:0}s",
        < 3600 => $"{(int)time.TotalMinutes}m {time.Seconds:00}s",
        _ => $"{(int)time.TotalHours}h {time.Minutes:00}m",
    };

    private static IEnumerable<string> Parts(ProgressSnapshot s)
    {
        yield return s.What ?? "";
        yield return s.Total > 0 ? $"{Short(s.Done)}/{Short(s.Total)} {s.Unit}" : s.Done > 0 ? $"{Short(s.Done)} {s.Unit}" : "";
        yield return s.Loss is { } loss ? $"loss {loss:G4}" : "";
        yield return s.Rate is { } rate ? $"{Short(rate)} {s.Unit}/s" : "";
        yield return s.Eta is { } eta ? $"eta {Duration(eta)}" : "";
    }
}
