using System.CommandLine;

namespace Puzzle.Cli.Commands;

/// <summary>One verb of the tool.</summary>
internal abstract class Verb
{
    /// <summary>The word.</summary>
    public abstract string Name { get; }

    /// <summary>Command lines to show below its help.</summary>
    public abstract IReadOnlyList<string> Examples { get; }

    /// <summary>The command with its arguments and options.</summary>
    /// <param name="guarded">Wraps the verb's work so that failures become messages and exit codes.</param>
    public Command Build(Func<Func<Session, ParseResult, int>, Func<ParseResult, int>> guarded)
    {
        var command = Describe();
        Attach(command, guarded);
        return command;
    }

    /// <summary>Name, description, arguments and options; for verbs with words of their own, those too.</summary>
    protected abstract Command Describe();

    /// <summary>Does the work.</summary>
    protected abstract int Run(Session session, ParseResult parsed);

    private void Attach(Command command, Func<Func<Session, ParseResult, int>, Func<ParseResult, int>> guarded)
    {
        if (command.Subcommands.Count == 0)
            command.SetAction(guarded(Run));
        foreach (var word in command.Subcommands)
            Attach(word, guarded);
    }
}
