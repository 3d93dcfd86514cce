using System.CommandLine;

namespace Puzzle.Cli.Commands;

/// <summary><c>puzzle completion bash|zsh|fish</c>: a script that makes the shell complete verbs, options and values.</summary>
internal sealed class CompletionVerb : Verb
{
    private readonly Argument<string> _shell = new("SHELL") { Description = "bash, zsh or fish." };

    public override string Name => "completion";

    public override IReadOnlyList<string> Examples => ["source <(puzzle completion bash)", "puzzle completion fish > ~/.config/fish/completions/puzzle.fish"];

    protected override Command Describe()
    {
        _shell.AcceptOnlyFromAmong("bash", "zsh", "fish");
        return new(Name, "Print a completion script for a shell.") { _shell };
    }

    protected override int Run(Session session, ParseResult parsed)
    {
        var shell = parsed.GetValue(_shell)!;
        // The tool itself suggests: it is asked with the directive [suggest:CURSOR] and the line so far.
        var script = shell switch
        {
            "bash" => """
                _puzzle() {
                    local words
                    words=$("${COMP_WORDS[0]}" "[suggest:${COMP_POINT}]" "${COMP_LINE}" 2>/dev/null)
                    mapfile -t COMPREPLY < <(compgen -W "$words" -- "${COMP_WORDS[COMP_CWORD]}")
                }
                complete -o default -F _puzzle puzzle ./puzzle
                """,
            "zsh" => """
                #compdef puzzle
                _puzzle() {
                    local -a found
                    found=("${(@f)$("${words[1]}" "[suggest:$CURSOR]" "$BUFFER" 2>/dev/null)}")
                    compadd -- $found || _files
                }
                compdef _puzzle puzzle ./puzzle
                """,
            _ => """
                complete -c puzzle -a '(set -l line (commandline -cp); puzzle "[suggest:"(string length -- "$line")"]" "$line" 2>/dev/null)'
                """,
        };
        var writer = session.Json ? session.Error : session.Output;
        writer.WriteLine(script);
        return session.Done(new { Status = "ok", Shell = shell, Script = script });
    }
}
