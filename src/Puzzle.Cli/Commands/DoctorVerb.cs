using System.CommandLine;
using Puzzle.Core.Runs;
using Puzzle.Core.Runtime;
using Puzzle.Serving.Costs.Roofline;
using Spectre.Console;

namespace Puzzle.Cli.Commands;

/// <summary><c>puzzle doctor</c>: what was found on this machine, and how to mend what is missing.</summary>
internal sealed class DoctorVerb : Verb
{
    private readonly Option<string?> _profile = new("--profile") { Description = "Measure this processor and write its profile, for measure.hardware of engine roofline; about ten seconds on a quiet machine.", HelpName = "FILE" };

    public override string Name => "doctor";

    public override IReadOnlyList<string> Examples => ["puzzle doctor", "PUZZLE_LIBTORCH=/opt/torch/lib puzzle doctor", "puzzle doctor --json", "puzzle doctor --profile this-machine.yaml"];

    protected override Command Describe() => new(Name, "Say what was found and loaded: libtorch, devices, threads, memory, disk, llama.cpp, Slurm; and how to mend what is missing.") { _profile };

    protected override int Run(Session session, ParseResult parsed)
    {
        if (parsed.GetValue(_profile) is { } file)
            return Profile(session, Path.GetFullPath(file));
        var findings = Doctor.Examine(Directory.GetCurrentDirectory());
        var table = new Table().Border(TableBorder.None).HideHeaders().AddColumns("", "", "");
        foreach (var finding in findings)
        {
            var mark = finding.State switch { DiagnosisState.Good => "[green]ok[/]", DiagnosisState.Absent => "[dim]--[/]", _ => "[red]!![/]" };
            table.AddRow(mark, finding.Name, Markup.Escape(finding.Found));
            if (finding.Mend is { } mend)
                table.AddRow("", "", $"[dim]{Markup.Escape(mend)}[/]");
        }

        session.Results.Write(table);
        var healthy = findings.All(finding => finding.State != DiagnosisState.Wrong);
        session.Done(new { Status = healthy ? "ok" : "error", Findings = findings });
        return healthy ? 0 : 5;
    }

    private static int Profile(Session session, string file)
    {
        var profile = MachineProfiler.Measure(Environment.ProcessorCount, GC.GetGCMemoryInfo().TotalAvailableMemoryBytes);
        var text = HardwareProfileText.Of(profile);
        AtomicFile.WriteText(file, text);
        session.Results.WriteLine(text.TrimEnd());
        return session.Done(new { Status = "done", Profile = file });
    }
}
