using System.Globalization;
using System.Text.RegularExpressions;
using Puzzle.Core.Errors;
using Puzzle.Core.Recipes;

namespace Puzzle.Cli;

/// <summary>Sizes, counts and times as people write them on a command line.</summary>
internal static partial class Sizes
{
    /// <summary>8GiB, 500MiB, 8GB, or 70% of the parent's.</summary>
    public static Amount Gib(string option, string text)
    {
        var match = Size().Match(text.Trim());
        if (!match.Success)
            throw new RecipeException($"{option}: expected a size such as 8GiB, 500MiB or 70%, found '{text}'");
        var number = double.Parse(match.Groups[1].ValueSpan, CultureInfo.InvariantCulture);
        return match.Groups[2].Value.ToUpperInvariant() switch
        {
            "%" => new(number / 100, Relative: true),
            "X" => new(number, Relative: true),
            "KIB" => new(number / 1048576, Relative: false),
            "MIB" or "M" => new(number / 1024, Relative: false),
            "TIB" or "T" => new(number * 1024, Relative: false),
            "MB" => new(number * 1e6 / 1073741824, Relative: false),
            "GB" => new(number * 1e9 / 1073741824, Relative: false),
            _ => new(number, Relative: false),
        };
    }

    /// <summary>70%, 0.7x, 120M or 120000000.</summary>
    public static Amount Count(string option, string text)
    {
        if (TokenCount.TryParse(text, null, out var count))
            return new(count.Value, Relative: false);
        return Amount.TryParse(text, null, out var amount) && amount.Relative
            ? amount
            : throw new RecipeException($"{option}: expected a share such as 70% or a number such as 120M, found '{text}'");
    }

    /// <summary>2h, 45m, 30s, 1h30m.</summary>
    public static TimeSpan Duration(string option, string text)
    {
        var match = Time().Match(text.Trim());
        double Part(int group, double seconds) => match.Groups[group].Success ? double.Parse(match.Groups[group].ValueSpan, CultureInfo.InvariantCulture) * seconds : 0;
        var total = Part(1, 86400) + Part(2, 3600) + Part(3, 60) + Part(4, 1);
        return match.Success && total is > 0 and < 1e8
            ? TimeSpan.FromSeconds(total)
            : throw new RecipeException($"{option}: expected a time such as 2h, 45m or 1h30m, found '{text}'");
    }

    [GeneratedRegex(@"^([0-9]+(?:\.[0-9]+)?)\s*(%|x|[KMGT]iB|[MG]B|[MGT])?$", RegexOptions.IgnoreCase)]
    private static partial Regex Size();

    [GeneratedRegex(@"^(?:([0-9]+(?:\.[0-9]+)?)d)?(?:([0-9]+(?:\.[0-9]+)?)h)?(?:([0-9]+(?:\.[0-9]+)?)m)?(?:([0-9]+(?:\.[0-9]+)?)s)?$")]
    private static partial Regex Time();
}
