using Deq.Api.Access;
using Deq.Api.Documentation;
using Deq.Api.Requests;
using Deq.Api.Solving;
using Deq.Api.Tasks;

namespace Deq.Api.Fronts.Rest;

/// <summary>The paths of models and of the tasks that they do.</summary>
internal static class RestEndpoints
{
    /// <summary>Maps one path for everything that models do.</summary>
    public static void MapTasks(this WebApplication app)
    {
        TimeProvider clock = app.Services.GetRequiredService<TimeProvider>();
        foreach (IServedTask task in app.Services.GetRequiredService<ServedTasks>().Operations)
        {
            app.MapPost($"/api/v1/models/{{model}}/{task.Path}", new TaskEndpoint(task, new AnswerPath(clock), app.Services).AnswerAsync)
                .RequireAccepted([.. task.MediaTypes])
                .CatchProblems()
                .LimitClients()
                .ForRoles(Roles.Infer)
                .WithTags(task.Text.Tag)
                .WithName(task.Path)
                .WithSummary(task.Text.Summary)
                .WithDescription(task.Text.Description)
                .CanFail([.. TaskEndpoint.Problems, .. task.Problems])
                .Describe((operation, context) =>
                {
                    foreach (SolveParameter parameter in task.Parameters)
                    {
                        operation.Parameters!.Add(SolveParameterDocumentation.InQuery(parameter));
                    }

                    task.Describe(operation, context);
                });
        }
    }
}
