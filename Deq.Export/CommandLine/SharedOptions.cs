using System.CommandLine;
using static TorchSharp.torch;

namespace Deq.Export.CommandLine;

/// <summary>Options that several commands take.</summary>
internal static class SharedOptions
{
    /// <summary>Threads where none are given.</summary>
    public static int UsualThreads => int.TryParse(Environment.GetEnvironmentVariable("OMP_NUM_THREADS"), out int asked) && asked >= 1 ? asked : Environment.ProcessorCount;

    public static Argument<DirectoryInfo> Bundle() => new("bundle") { Description = "A bundle's directory, such as models/fashion-mnist." };

    public static Option<int> Threads()
    {
        var option = new Option<int>("--threads")
        {
            Description = "Threads that compute, at least 1. Default: OMP_NUM_THREADS, or the processors that this process may use, a container's limit included.",
            DefaultValueFactory = _ => UsualThreads,
        };
        option.Require(threads => threads >= 1, "--threads is at least 1.");
        return option;
    }

    /// <summary>Refuses values of an option with a sentence.</summary>
    /// <param name="option">The option.</param>
    /// <param name="isRight">Whether a value is taken.</param>
    /// <param name="sentence">What is wrong with another.</param>
    public static void Require<T>(this Option<T> option, Predicate<T?> isRight, string sentence) => option.Validators.Add(result =>
    {
        try
        {
            if (!isRight(result.GetValueOrDefault<T>()))
            {
                result.AddError(sentence);
            }
        }
        catch (InvalidOperationException)
        {
            // A value that cannot be read is a fault of its own, which the library names.
        }
    });

    public static Option<FileInfo?> Reference() => new("--reference")
    {
        Description = "Arrays that the model's own program gave (numpy.savez): inputs; x; z8 and outputs8 after 8 plain evaluations, and so on.",
    };

    public static Option<double> Bound() => new("--bound")
    {
        Description = "The largest difference, as a share of the largest value of each array. Default 1e-4.",
        DefaultValueFactory = _ => 1e-4,
    };

    public static Option<bool> Replace() => new("--replace") { Description = "Replace the bundle that is there already." };

    public static Option<string> Device()
    {
        var option = new Option<string>("--device") { Description = "cpu or cuda.", DefaultValueFactory = _ => "cpu" };
        option.AcceptOnlyFromAmong("cpu", "cuda");
        return option;
    }

    public static Device Device(string? name)
    {
        if (name != "cuda")
        {
            return CPU;
        }

        return cuda.is_available()
            ? CUDA
            : throw new CommandException("There is no CUDA device here, or this is the cpu build: build with -p:Accelerator=cuda.");
    }
}

/// <summary>A command cannot do what was asked; the message says why.</summary>
internal sealed class CommandException(string message) : Exception(message);
