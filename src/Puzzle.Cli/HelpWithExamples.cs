using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Invocation;
using Puzzle.Cli.Commands;

namespace Puzzle.Cli;

/// <summary>Adds examples below a verb's help.</summary>
internal sealed class HelpWithExamples(HelpAction plain) : SynchronousCommandLineAction
{
    public static void Install(RootCommand root)
    {
        foreach (var option in root.Options.OfType<HelpOption>())
            option.Action = new HelpWithExamples((HelpAction)option.Action!);
    }

    public override bool ClearsParseErrors => true;

    public override int Invoke(ParseResult parseResult)
    {
        var code = plain.Invoke(parseResult);
        var command = parseResult.CommandResult.Command;
        var examples = command is RootCommand ? Verbs.RootExamples : Verbs.All.FirstOrDefault(verb => verb.Name == command.Name)?.Examples ?? [];
        var output = parseResult.InvocationConfiguration.Output;
        if (examples.Count > 0)
        {
            output.WriteLine("Examples:");
            foreach (var example in examples)
                output.WriteLine($"  {example}");
            output.WriteLine();
        }

        if (command is RootCommand)
            output.WriteLine("Exit codes: 0 done, 1 unexpected failure, 2 usage or recipe, 3 bad input file, 4 infeasible, 5 out of a resource, 130 interrupted.");
        return code;
    }
}
