using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Text;

namespace Puzzle.Serving.LlamaCpp;

/// <summary>Keeps what llama.cpp says while a call runs, instead of letting it write to the terminal.</summary>
internal static unsafe class LlamaCppLog
{
    private const int Debug = 1;
    private const int MaxLength = 1 << 16;

    [ThreadStatic]
    private static StringBuilder? text;

    /// <summary>What was said on this thread since the last call, debugging left out.</summary>
    public static string Take()
    {
        var said = text?.ToString() ?? "";
        text?.Clear();
        return said;
    }

    /// <summary>The lines that tell what went wrong, in one.</summary>
    public static string Errors()
    {
        var lines = Take().Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        var errors = lines.Where(line => line.Contains("error", StringComparison.OrdinalIgnoreCase) || line.Contains("fail", StringComparison.OrdinalIgnoreCase)).ToList();
        return string.Join("; ", (errors.Count > 0 ? errors : [.. lines.TakeLast(3)]).Take(5));
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    public static void Write(int level, byte* message, void* user)
    {
        if (level == Debug)
            return;
        text ??= new StringBuilder();
        if (text.Length < MaxLength)
            text.Append(Marshal.PtrToStringUTF8((nint)message));
    }
}
