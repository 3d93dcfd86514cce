using System.CommandLine;
using System.CommandLine.Parsing;
using System.Text.Json;
using Puzzle.Core.Errors;

namespace Puzzle.Cli;

/// <summary>Tells what is wrong with a command line, with the nearest right word.</summary>
internal static class UsageErrors
{
    public static int Report(ParseResult parsed, string[] args, TextWriter output, TextWriter error)
    {
        var message = string.Join("\n", Messages(parsed, args).Distinct());
        error.WriteLine($"error: {message}");
        error.WriteLine($"see {Path(parsed.CommandResult)} --help");
        if (args.Contains("--json"))
            output.WriteLine(JsonSerializer.Serialize(new { status = "error", exit_code = 2, error = message }));
        return 2;
    }

    private static IEnumerable<string> Messages(ParseResult parsed, string[] args)
    {
        var command = parsed.CommandResult.Command;
        if (args.Length == 0)
        {
            yield return "a verb is needed; './puzzle run recipes/quickstart.yaml' is a good first one";
            yield break;
        }

        var options = UnknownOptions(parsed).Distinct().ToList();
        foreach (var token in options)
            yield return $"unknown option '{token}'{DidYouMean.Hint(token, Options(parsed.CommandResult))}";
        if (options.Count > 0)
            yield break;
        if (parsed.UnmatchedTokens is [var first, ..])
        {
            yield return command.Subcommands.Count > 0
                ? $"unknown {(command is RootCommand ? "verb" : "word")} '{first}'{DidYouMean.Hint(first, command.Subcommands.SelectMany(c => c.Aliases.Append(c.Name)))}"
                : $"'{first}' is one argument too many";
            yield break;
        }

        // The parser's own words for missing and unreadable values.
        foreach (var problem in parsed.Errors)
            yield return problem.Message.TrimEnd('.');
    }

    /// <summary>Words that look like options and are none. The parser takes them for arguments where one is expected.</summary>
    public static IEnumerable<string> UnknownOptions(ParseResult parsed) => parsed.CommandResult.Children.OfType<ArgumentResult>()
        .SelectMany(argument => argument.Tokens.Select(token => token.Value)).Concat(parsed.UnmatchedTokens)
        .Where(word => word.Length > 1 && word[0] == '-' && !char.IsAsciiDigit(word[1]) && word[1] != '.');

    private static IEnumerable<string> Options(CommandResult result)
    {
        for (SymbolResult? at = result; at is not null; at = at.Parent)
        {
            if (at is not CommandResult { Command: var command })
                continue;
            foreach (var option in command.Options.Where(option => at == result || option.Recursive))
            {
                yield return option.Name;
                foreach (var alias in option.Aliases.Where(alias => alias.Length > 2))
                    yield return alias;
            }
        }
    }

    private static string Path(CommandResult result)
    {
        var names = new List<string>();
        for (SymbolResult? at = result; at is not null; at = at.Parent)
        {
            if (at is CommandResult { Command: var command })
                names.Insert(0, command is RootCommand ? "puzzle" : command.Name);
        }

        return string.Join(' ', names);
    }
}
