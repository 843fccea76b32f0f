// SPDX-License-Identifier: GPL-2.0
#include "job.h"

int job_out_of_time(struct job *job)
{
	char reason[300];

	deadline_reason(job->deadline, reason, sizeof(reason));
	return fail_detail(&job->failure, MSG_TIMEOUT, job->target, "%s",
			   reason);
}
