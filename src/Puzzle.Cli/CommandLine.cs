using System.CommandLine;
using System.CommandLine.Invocation;
using Puzzle.Cli.Commands;
using Puzzle.Core.Errors;

namespace Puzzle.Cli;

/// <summary>The tool's command line: parses, runs a verb, turns what goes wrong into one message and an exit code.</summary>
/// <param name="output">Stdout.</param>
/// <param name="error">Stderr.</param>
public sealed class CommandLine(TextWriter output, TextWriter error)
{
    /// <summary>0 done, 1 unexpected failure, 2 usage or recipe, 3 bad input file, 4 infeasible, 5 out of a resource, 130 interrupted.</summary>
    public int Run(string[] args)
    {
        var root = Create(output, error);
        var parsed = root.Parse(args);
        var asksForVerb = parsed.Errors.Count == 0 && parsed.Action is not HelpWithExamples && !args.Any(arg => arg.StartsWith('['));
        if (parsed.Action is ParseErrorAction || (asksForVerb && UsageErrors.UnknownOptions(parsed).Any()))
            return UsageErrors.Report(parsed, args, output, error);
        return parsed.Invoke(new InvocationConfiguration { Output = output, Error = error, EnableDefaultExceptionHandler = false, ProcessTerminationTimeout = null });
    }

    /// <summary>All verbs and options.</summary>
    internal static RootCommand Create(TextWriter output, TextWriter error)
    {
        var root = new RootCommand("Puzzle compresses language models: it finds, trains and proves the best architecture within your limits.");
        root.Add(GlobalOptions.Json);
        root.Add(GlobalOptions.Quiet);
        root.Add(GlobalOptions.Verbose);
        foreach (var verb in Verbs.All)
            root.Add(verb.Build(run => parsed => Guarded(parsed, run, output, error)));
        HelpWithExamples.Install(root);
        return root;
    }

    private static int Guarded(ParseResult parsed, Func<Session, ParseResult, int> run, TextWriter output, TextWriter error)
    {
        using var session = new Session(parsed, output, error);
        try
        {
            return run(session, parsed);
        }
        catch (Exception e) when (Failure.Of(e) is { } failure)
        {
            session.CloseScreen();
            if (session.Verbose)
                error.WriteLine(e);
            error.WriteLine(failure.ExitCode == 130 ? failure.Message : $"error: {failure.Message}");
            if (failure.ExitCode == 1 && !session.Verbose)
                error.WriteLine("this was not expected; --verbose shows where it happened");
            session.WriteJson(e is InfeasibleException { Explanation: { } why }
                ? new { Status = "error", failure.ExitCode, Error = failure.Message, Infeasible = new { why.Conflict, why.Batches, why.EmptyLayers } }
                : new { Status = "error", failure.ExitCode, Error = failure.Message });
            return failure.ExitCode;
        }
    }
}
